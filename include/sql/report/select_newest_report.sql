-- The newest run that has a report, and where that is.
-- Reads runs. Binds store. One row, or none.
SELECT
    run_id,
    started_at_utc,
    report_path
FROM runs
WHERE store = :store AND report_path IS NOT NULL
ORDER BY started_at_utc DESC, run_id DESC
LIMIT 1
