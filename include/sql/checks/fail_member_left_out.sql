-- Fails if a member is neither matched nor in a class of the unmatched: nobody would ever see it.
-- Does not test which class it should be in. One that is gone has a class as well.
-- Reads members, matches, unmatched_members. Binds store. One row per member at fault.
SELECT members.member_id AS failing_id
FROM members
WHERE
    members.store = :store
    AND NOT EXISTS (
        SELECT 1 FROM matches
        WHERE matches.store = members.store AND matches.member_id = members.member_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM unmatched_members
        WHERE
            unmatched_members.store = members.store
            AND unmatched_members.member_id = members.member_id
    )
