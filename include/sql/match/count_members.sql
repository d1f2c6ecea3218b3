-- How many members there are, are matched, and are in each class. One pass over each table and no
-- sorting: this runs on every incremental match too.
-- Reads members, matches, unmatched_members. Binds store. One row.
SELECT
    (
        SELECT COUNT(*) FROM members AS m
        WHERE m.store = :store
    ) AS members,
    (
        SELECT COUNT(*)
        FROM (
            SELECT DISTINCT mt.member_id FROM matches AS mt
            WHERE mt.store = :store
        ) AS d
    ) AS paired,
    COUNT(CASE WHEN u.outcome = 'member_not_in_gorgias' THEN 1 END) AS member_not_in_gorgias,
    COUNT(CASE WHEN u.outcome = 'ambiguous' THEN 1 END) AS ambiguous,
    COUNT(CASE WHEN u.outcome = 'no_email' THEN 1 END) AS no_email,
    COUNT(CASE WHEN u.outcome = 'invalid_email' THEN 1 END) AS invalid_email,
    COUNT(CASE WHEN u.outcome = 'merged_or_deleted' THEN 1 END) AS merged_or_deleted,
    COUNT(CASE WHEN u.outcome = 'excluded' THEN 1 END) AS excluded,
    COUNT(CASE WHEN u.outcome = 'erased' THEN 1 END) AS erased
FROM unmatched_members AS u
WHERE u.store = :store
