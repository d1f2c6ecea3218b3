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
LIMIT :how_many
