-- Forgets a run.
-- Writes run_counters. Binds store, run_id.
DELETE FROM run_counters
WHERE store = :store AND run_id = :run_id
