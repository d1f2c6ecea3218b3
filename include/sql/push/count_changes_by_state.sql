-- How far the push of a run is.
-- Reads changes. Binds store, run_id. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS changes
FROM changes
WHERE store = :store AND run_id = :run_id
GROUP BY state
