-- One member as staged.
-- Reads members. Binds store, member_id. No row or one.
SELECT
    member_id,
    status,
    card
FROM members
WHERE store = :store AND member_id = :member_id AND gone_at_utc IS NULL
