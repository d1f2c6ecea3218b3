-- Forgets a run.
-- Writes runs. Binds store, run_id.
DELETE FROM runs
WHERE store = :store AND run_id = :run_id
