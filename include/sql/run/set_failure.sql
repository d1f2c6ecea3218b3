-- Keeps why a stage failed, for the report. The first failure stays: later ones follow from it.
-- Writes runs. Binds store, run_id, failure (stage, colon, reason).
UPDATE runs
SET failure = COALESCE(failure, :failure)
WHERE store = :store AND run_id = :run_id
