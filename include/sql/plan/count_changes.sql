-- How many changes a run holds, by kind, whatever became of them.
-- Reads changes. Binds store, run_id. One row.
SELECT
    COUNT(*) AS planned,
    COUNT(CASE WHEN kind = 'new' THEN 1 END) AS planned_new,
    COUNT(CASE WHEN kind = 'update' THEN 1 END) AS planned_update,
    COUNT(CASE WHEN kind = 'clear' THEN 1 END) AS planned_clear
FROM changes
WHERE store = :store AND run_id = :run_id
