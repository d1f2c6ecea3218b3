-- Keeps where a run's report is. Writes runs. Binds store, run_id, report_path.
UPDATE runs
SET report_path = :report_path
WHERE store = :store AND run_id = :run_id
