-- Fails if a customer is matched to a member that is unknown, gone, excluded or erased: the agent
-- would see a balance that the programme no longer honours. The same for a guest, in a store that
-- does not count guests as members.
-- Reads matches, members. Binds store, include_guests. One row per customer at fault.
WITH holders AS (
    SELECT member_id
    FROM members
    WHERE
        store = :store
        AND gone_at_utc IS NULL
        AND (status = 'member' OR (status = 'guest' AND :include_guests = 1))
)

SELECT
    matches.customer_id AS failing_id,
    matches.member_id
FROM matches
LEFT JOIN holders
    ON matches.member_id = holders.member_id
WHERE matches.store = :store AND holders.member_id IS NULL
