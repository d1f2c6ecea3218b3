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
LIMIT :how_many
