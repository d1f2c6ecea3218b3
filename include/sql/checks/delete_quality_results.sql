-- Takes away what an earlier attempt of this step left, so that a repeated task starts clean.
-- Writes quality_results. Binds store, run_id, step.
DELETE FROM quality_results
WHERE store = :store AND run_id = :run_id AND step = :step
