-- Forgets where the report of a run was.
-- Writes runs. Binds store, run_id.
UPDATE runs
SET report_path = NULL
WHERE store = :store AND run_id = :run_id
