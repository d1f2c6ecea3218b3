-- The members with an e-mail key, to know whose limit an award counts against.
-- Reads members. Binds store, email_key. Two rows at most: more than one is a tie.
SELECT member_id
FROM members
WHERE store = :store AND email_key = :email_key AND gone_at_utc IS NULL
ORDER BY member_id ASC
LIMIT 2
