-- Whether a member is staged and not gone.
-- Reads members. Binds store, member_id. One row, or none.
SELECT member_id
FROM members
WHERE store = :store AND member_id = :member_id AND gone_at_utc IS NULL
