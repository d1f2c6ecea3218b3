-- name: insert_earlier_runs
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
FROM dated;

-- name: insert_unsettled_changes
-- What the plan before this one, or an earlier try of this run, left behind: not begun, broken off
-- or failed. This plan looks at those customers again.
-- Reads earlier_runs, changes; writes unsettled_changes. Binds store, run_id.
INSERT INTO unsettled_changes (run_id, customer_id, destination, state)
SELECT
    c.run_id,
    c.customer_id,
    c.destination,
    c.state
FROM earlier_runs AS e
CROSS JOIN changes AS c
WHERE
    e.to_settle
    AND c.store = :store
    AND c.run_id = e.run_id
    AND c.state IN ('planned', 'sending', 'failed')
UNION ALL
SELECT
    c.run_id,
    c.customer_id,
    c.destination,
    c.state
FROM changes AS c
WHERE
    c.store = :store
    AND c.run_id = :run_id
    AND c.state IN ('planned', 'sending', 'failed');

-- name: delete_earlier_planned
-- Drops what earlier runs planned and did not begin to send: this plan replaces it.
-- Reads unsettled_changes, writes changes. Binds store, run_id.
DELETE FROM changes
WHERE
    store = :store
    AND (run_id, customer_id, destination) IN (
        SELECT
            run_id,
            customer_id,
            destination
        FROM unsettled_changes
        WHERE state = 'planned' AND run_id <> :run_id
    );

-- name: fail_earlier_sending
-- What a dead run was sending: nobody knows whether it arrived. This plan looks at its customers
-- again, so it is sent again if need be.
-- Reads unsettled_changes, writes changes. Binds store, run_id, now_utc.
UPDATE changes
SET state = 'failed', error = 'interrupted', changed_at_utc = :now_utc
WHERE
    store = :store
    AND (run_id, customer_id, destination) IN (
        SELECT
            run_id,
            customer_id,
            destination
        FROM unsettled_changes
        WHERE state = 'sending' AND run_id <> :run_id
    );

-- name: count_old_runs
-- How many earlier runs are old enough to be forgotten: mostly none, and finding their changes is
-- work even then.
-- Reads earlier_runs. No binds. One row.
SELECT COUNT(*) AS old_runs
FROM earlier_runs
WHERE is_old;

-- name: prune_changes
-- Forgets what became of the changes of old runs, so that the table does not grow for ever.
-- A failed change is forgotten too: what has to be tried again stands in to_plan.
-- Reads earlier_runs, writes changes. Binds store, oldest_utc.
DELETE FROM changes
WHERE
    store = :store
    AND state IN ('done', 'gone', 'failed')
    AND changed_at_utc < :oldest_utc
    AND run_id IN (
        SELECT run_id FROM earlier_runs
        WHERE is_old
    );
