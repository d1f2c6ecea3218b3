-- How many checks of a run failed so far, over all its steps, by severity.
-- Reads quality_results. Binds store, run_id. One row per severity that has any.
SELECT
    severity,
    COUNT(*) AS failed
FROM quality_results
WHERE store = :store AND run_id = :run_id AND NOT passed
GROUP BY severity
