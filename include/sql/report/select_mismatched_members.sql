-- Every member without a customer.
-- Reads unmatched_members. Binds store. One row per member.
SELECT
    'member' AS side,
    member_id AS subject_id,
    outcome,
    since_utc,
    NULL AS newest_ticket_id,
    0 AS ticket_count
FROM unmatched_members
WHERE store = :store
ORDER BY outcome ASC, member_id ASC
