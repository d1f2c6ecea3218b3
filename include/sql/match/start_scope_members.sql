-- The members that somebody touched: where an incremental match begins (round 0).
-- Reads touched, writes scope_members. Binds store.
INSERT INTO scope_members (member_id, round)
SELECT
    value,
    0 AS round
FROM touched
WHERE store = :store AND kind = 'member'
