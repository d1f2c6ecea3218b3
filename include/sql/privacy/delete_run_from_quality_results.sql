-- Forgets a run.
-- Writes quality_results. Binds store, run_id.
DELETE FROM quality_results
WHERE store = :store AND run_id = :run_id
