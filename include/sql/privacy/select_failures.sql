-- Why runs stopped; a reason may name an id.
-- Reads runs. Binds store. One row per run that failed.
SELECT
    run_id,
    failure
FROM runs
WHERE store = :store AND failure IS NOT NULL
