-- One run's row. Reads runs. Binds store, run_id. One row, or none.
SELECT
    store,
    run_id,
    state,
    params,
    started_at_utc,
    ended_at_utc,
    failure
FROM runs
WHERE store = :store AND run_id = :run_id
