-- The members with an e-mail address.
-- Reads members. Binds store, email_key. One row per member, fifty at most.
SELECT
    member_id,
    email,
    status,
    card,
    gone_at_utc
FROM members
WHERE store = :store AND email_key = :email_key
ORDER BY member_id ASC
LIMIT 50
