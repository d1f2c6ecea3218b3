-- How far the push of a run is, and how much of it was done lately.
-- Reads changes. Binds store, run_id, since_utc. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS changes,
    SUM(CASE WHEN changed_at_utc >= :since_utc THEN 1 ELSE 0 END) AS lately
FROM changes
WHERE store = :store AND run_id = :run_id
GROUP BY state
