-- name: select_newest_runs
-- The newest runs of a store, the newest first.
-- Reads runs. Binds store, how_many. One row per run.
SELECT
    run_id,
    state,
    started_at_utc,
    ended_at_utc,
    failure,
    report_path
FROM runs
WHERE store = :store
ORDER BY started_at_utc DESC, run_id DESC
LIMIT :how_many;

-- name: select_newest_of_each_state
-- The newest run of each state, dry runs and real ones apart.
-- Reads runs. Binds store, dry (what the params of a dry run are like). One row per state and kind
-- that occurs.
SELECT
    run_id,
    state,
    is_dry,
    started_at_utc,
    failure,
    params
FROM (
    SELECT
        run_id,
        state,
        is_dry,
        started_at_utc,
        failure,
        params,
        ROW_NUMBER() OVER (
            PARTITION BY state, is_dry
            ORDER BY started_at_utc DESC, run_id DESC
        ) AS place
    FROM (
        SELECT
            run_id,
            state,
            started_at_utc,
            failure,
            params,
            CASE WHEN params LIKE :dry THEN 1 ELSE 0 END AS is_dry
        FROM runs
        WHERE store = :store
    ) AS told
) AS placed
WHERE place = 1;

-- name: select_newest_success
-- When the newest run that ended well began: that is how old the data is.
-- Reads runs. Binds store. One row; NULL when there is none.
SELECT MAX(started_at_utc) AS started_at_utc
FROM runs
WHERE store = :store AND state = 'succeeded';

-- name: select_newest_match
-- When the newest run that came to the match began: from then are the classes of all people.
-- The match writes the counter of all customers.
-- Reads runs, run_counters. Binds store. One row; NULL when there is none.
SELECT MAX(r.started_at_utc) AS started_at_utc
FROM runs AS r
INNER JOIN run_counters AS c
    ON r.store = c.store AND r.run_id = c.run_id AND c.name = 'customers_total'
WHERE r.store = :store;

-- name: count_changes
-- How far the push of a run is, and how much of it was done lately.
-- Reads changes. Binds store, run_id, since_utc. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS changes,
    SUM(CASE WHEN changed_at_utc >= :since_utc THEN 1 ELSE 0 END) AS lately
FROM changes
WHERE store = :store AND run_id = :run_id
GROUP BY state;
