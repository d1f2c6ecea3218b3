-- The state of one run, to notice that another run took over.
-- Reads runs. Binds store, run_id. One row, or none for a run that has not started.
SELECT state
FROM runs
WHERE store = :store AND run_id = :run_id
