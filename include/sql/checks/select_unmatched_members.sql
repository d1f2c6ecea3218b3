-- The members without a customer, with their class.
-- Reads unmatched_members. Binds store. One row per member.
SELECT
    member_id,
    outcome
FROM unmatched_members
WHERE store = :store
