-- How many members there are, are matched, and are in each class. Matched are those in no class;
-- that each of them has a match is a quality check (member_left_out), and grouping a million
-- matches by member would take as long as an incremental match.
-- Reads members, unmatched_members. Binds store. One row.
SELECT
    listed.members,
    listed.member_not_in_gorgias,
    listed.ambiguous,
    listed.no_email,
    listed.invalid_email,
    listed.merged_or_deleted,
    listed.excluded,
    listed.erased,
    listed.members - listed.unmatched AS paired
FROM (
    SELECT
        (
            SELECT COUNT(*) FROM members AS m
            WHERE m.store = :store
        ) AS members,
        COUNT(*) AS unmatched,
        COUNT(CASE WHEN u.outcome = 'member_not_in_gorgias' THEN 1 END) AS member_not_in_gorgias,
        COUNT(CASE WHEN u.outcome = 'ambiguous' THEN 1 END) AS ambiguous,
        COUNT(CASE WHEN u.outcome = 'no_email' THEN 1 END) AS no_email,
        COUNT(CASE WHEN u.outcome = 'invalid_email' THEN 1 END) AS invalid_email,
        COUNT(CASE WHEN u.outcome = 'merged_or_deleted' THEN 1 END) AS merged_or_deleted,
        COUNT(CASE WHEN u.outcome = 'excluded' THEN 1 END) AS excluded,
        COUNT(CASE WHEN u.outcome = 'erased' THEN 1 END) AS erased
    FROM unmatched_members AS u
    WHERE u.store = :store
) AS listed
