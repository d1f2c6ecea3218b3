-- The members with an e-mail key. A few are enough to know that it is not clear who is meant.
-- Reads members. Binds store, email_key. Ten rows at most.
SELECT
    member_id,
    status
FROM members
WHERE store = :store AND email_key = :email_key AND gone_at_utc IS NULL
ORDER BY member_id ASC
LIMIT 10
