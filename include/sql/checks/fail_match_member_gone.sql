-- Fails if a customer is matched to a member that is unknown, gone, excluded or erased: the agent
-- would see a balance that the programme no longer honours. The same for a guest, in a store that
-- does not count guests as members.
-- Reads matches, members. Binds store, include_guests. One row per customer at fault.
SELECT
    matches.customer_id AS failing_id,
    matches.member_id
FROM matches
LEFT JOIN members
    ON matches.store = members.store AND matches.member_id = members.member_id
WHERE
    matches.store = :store
    AND (
        members.member_id IS NULL
        OR members.gone_at_utc IS NOT NULL
        OR members.status IN ('excluded', 'erased')
        OR (members.status = 'guest' AND :include_guests = 0)
    )
