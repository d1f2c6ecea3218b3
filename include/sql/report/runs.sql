-- name: start_runs
-- Begins a run, or begins it again: the first start time stays, an earlier end is taken back.
-- Writes runs. Binds store, run_id, params (JSON), started_at_utc.
INSERT INTO runs (store, run_id, state, params, started_at_utc)
VALUES (:store, :run_id, 'running', :params, :started_at_utc)
ON CONFLICT (store, run_id) DO UPDATE
    SET
        state = 'running',
        params = excluded.params,
        ended_at_utc = NULL,
        failure = NULL;

-- name: set_run_counters
-- Sets one counter of a run; the same value again changes nothing, so a repeated task is harmless.
-- Writes run_counters. Binds store, run_id, name, value.
INSERT INTO run_counters (store, run_id, name, value)
VALUES (:store, :run_id, :name, :value)
ON CONFLICT (store, run_id, name) DO UPDATE
    SET value = excluded.value
    WHERE run_counters.value IS DISTINCT FROM excluded.value;

-- name: increase_run_counters
-- Adds to one counter of a run. Not repeatable: only for what a second attempt spends again.
-- Writes run_counters. Binds store, run_id, name, value.
INSERT INTO run_counters (store, run_id, name, value)
VALUES (:store, :run_id, :name, :value)
ON CONFLICT (store, run_id, name) DO UPDATE
    SET value = run_counters.value + excluded.value;

-- name: finish_runs
-- Ends a run. Writes runs. Binds store, run_id, state, failure, ended_at_utc.
-- Returns when it started, to know how long it took; no row when there is no such run.
UPDATE runs
SET
    state = :state,
    failure = :failure,
    ended_at_utc = :ended_at_utc
WHERE store = :store AND run_id = :run_id
RETURNING started_at_utc;

-- name: select_runs
-- One run's row. Reads runs. Binds store, run_id. One row, or none.
SELECT
    store,
    run_id,
    state,
    params,
    started_at_utc,
    ended_at_utc,
    failure,
    report_path
FROM runs
WHERE store = :store AND run_id = :run_id;

-- name: select_run_counters
-- A run's counters. Reads run_counters. Binds store, run_id. One row per counter that was written.
SELECT
    name,
    value
FROM run_counters
WHERE store = :store AND run_id = :run_id;

-- name: select_recent_runs
-- A run and the runs of its store that started before it, newest first.
-- Two runs of one time are told apart by their ids.
-- Reads runs. Binds store, run_id, how_many. One row per run.
WITH this_run AS (
    SELECT
        store,
        run_id,
        started_at_utc
    FROM runs
    WHERE store = :store AND run_id = :run_id
)

SELECT runs.run_id
FROM runs
INNER JOIN this_run
    ON runs.store = this_run.store
WHERE
    runs.started_at_utc < this_run.started_at_utc
    OR (runs.started_at_utc = this_run.started_at_utc AND runs.run_id <= this_run.run_id)
ORDER BY runs.started_at_utc DESC, runs.run_id DESC
LIMIT :how_many;

-- name: set_report_path
-- Keeps where a run's report is. Writes runs. Binds store, run_id, report_path.
UPDATE runs
SET report_path = :report_path
WHERE store = :store AND run_id = :run_id;

-- name: select_newest_report
-- The newest run that has a report, and where that is.
-- Reads runs. Binds store. One row, or none.
SELECT
    run_id,
    started_at_utc,
    report_path
FROM runs
WHERE store = :store AND report_path IS NOT NULL
ORDER BY started_at_utc DESC, run_id DESC
LIMIT 1;

-- name: has_ended
-- Whether a run came to its end, well or not.
-- Reads runs. Binds store, run_id. One row, none when there is no such run.
SELECT state <> 'running' AS has_ended
FROM runs
WHERE store = :store AND run_id = :run_id;
