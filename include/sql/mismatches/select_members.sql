-- The members who have no customer; a suggestion may be one of them.
-- Reads unmatched_members, members. Binds store. One row per member.
SELECT
    members.member_id,
    members.email_key,
    members.external_id,
    members.card
FROM unmatched_members
INNER JOIN members
    ON
        unmatched_members.store = members.store
        AND unmatched_members.member_id = members.member_id
WHERE
    unmatched_members.store = :store
    AND unmatched_members.outcome = 'member_not_in_gorgias'
    AND members.gone_at_utc IS NULL
