-- The earlier runs that have changes; whether they may have left some unsent (to_settle), and
-- whether they are old enough to be forgotten. Only the run planned last can have left any, as its
-- own plan settled those before; a full plan looks at all of them anyway.
-- Steps from run to run by the key: reading all changes ever made would take longer than the plan.
-- Reads changes, writes earlier_runs. Binds store, run_id, oldest_utc, settle_all (a boolean).
INSERT INTO earlier_runs (run_id, to_settle, is_old)
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
),

dated AS (
    SELECT
        seen.run_id,
        (
            SELECT c.changed_at_utc
            FROM changes AS c
            WHERE c.store = :store AND c.run_id = seen.run_id
            ORDER BY c.customer_id ASC
            LIMIT 1
        ) AS changed_at_utc
    FROM seen
    WHERE seen.run_id <> :run_id
)

SELECT
    run_id,
    :settle_all OR changed_at_utc = (SELECT MAX(d.changed_at_utc) FROM dated AS d) AS to_settle,
    changed_at_utc < :oldest_utc AS is_old
FROM dated
