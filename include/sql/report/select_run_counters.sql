-- A run's counters. Reads run_counters. Binds store, run_id. One row per counter that was written.
SELECT
    name,
    value
FROM run_counters
WHERE store = :store AND run_id = :run_id
