-- The params that a run was started with.
-- Reads runs. Binds store, run_id. One row, or none for a run that has not started.
SELECT params
FROM runs
WHERE store = :store AND run_id = :run_id
