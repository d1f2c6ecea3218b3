-- Why writes of a run failed. An error may name the customer's path, so there can be many of them.
-- Reads changes. Binds store, run_id. One row per error.
SELECT
    COALESCE(error, 'no reason was kept') AS error,
    COUNT(*) AS changes
FROM changes
WHERE store = :store AND run_id = :run_id AND state = 'failed'
GROUP BY COALESCE(error, 'no reason was kept')
