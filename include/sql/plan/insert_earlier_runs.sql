-- The store's earlier runs that have changes, and whether those are old enough to be forgotten.
-- Steps from run to run by the key: reading all changes ever made would take longer than the plan.
-- Reads changes, writes earlier_runs. Binds store, run_id, oldest_utc.
INSERT INTO earlier_runs (run_id, is_old)
WITH RECURSIVE seen (run_id) AS (
    SELECT MIN(c.run_id) AS run_id
    FROM changes AS c
    WHERE c.store = :store
    UNION ALL
    SELECT
        (
            SELECT MIN(c.run_id)
            FROM changes AS c
            WHERE c.store = :store AND c.run_id > seen.run_id
        ) AS run_id
    FROM seen
    WHERE seen.run_id IS NOT NULL
)

SELECT
    seen.run_id,
    (
        SELECT c.changed_at_utc
        FROM changes AS c
        WHERE c.store = :store AND c.run_id = seen.run_id
        ORDER BY c.customer_id ASC
        LIMIT 1
    ) < :oldest_utc AS is_old
FROM seen
WHERE seen.run_id <> :run_id
