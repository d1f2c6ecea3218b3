-- Settles the mismatches of members who are in no class that needs a person any more.
-- Reads unmatched_members, writes mismatches. Binds store, now_utc.
UPDATE mismatches
SET settled_at_utc = :now_utc
WHERE
    store = :store
    AND side = 'member'
    AND settled_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM unmatched_members AS u
        WHERE
            u.store = mismatches.store
            AND u.member_id = mismatches.subject_id
            AND u.outcome IN ('ambiguous', 'no_email', 'invalid_email')
    )
