-- Fails if a member is matched and in a class of the unmatched as well: the counts would not add
-- up.
-- Reads unmatched_members, matches. Binds store. One row per member at fault.
SELECT unmatched_members.member_id AS failing_id
FROM unmatched_members
WHERE
    unmatched_members.store = :store
    AND EXISTS (
        SELECT 1 FROM matches
        WHERE
            matches.store = unmatched_members.store
            AND matches.member_id = unmatched_members.member_id
    )
