-- How many customers there are, are matched, and are in each class. One pass over each table and no
-- sorting: this runs on every incremental match too.
-- Reads customers, matches, unmatched_customers. Binds store. One row.
SELECT
    (
        SELECT COUNT(*) FROM customers AS c
        WHERE c.store = :store
    ) AS customers,
    (
        SELECT COUNT(*) FROM matches AS m
        WHERE m.store = :store
    ) AS paired,
    COUNT(CASE WHEN u.outcome = 'customer_not_found' THEN 1 END) AS customer_not_found,
    COUNT(CASE WHEN u.outcome = 'not_a_member' THEN 1 END) AS not_a_member,
    COUNT(CASE WHEN u.outcome = 'ambiguous' THEN 1 END) AS ambiguous,
    COUNT(CASE WHEN u.outcome = 'no_email' THEN 1 END) AS no_email,
    COUNT(CASE WHEN u.outcome = 'invalid_email' THEN 1 END) AS invalid_email,
    COUNT(CASE WHEN u.outcome = 'merged_or_deleted' THEN 1 END) AS merged_or_deleted,
    COUNT(CASE WHEN u.outcome = 'excluded' THEN 1 END) AS excluded,
    COUNT(CASE WHEN u.outcome = 'erased' THEN 1 END) AS erased
FROM unmatched_customers AS u
WHERE u.store = :store
