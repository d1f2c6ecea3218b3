-- Replaces why a run stopped.
-- Writes runs. Binds store, run_id, failure.
UPDATE runs
SET failure = :failure
WHERE store = :store AND run_id = :run_id
