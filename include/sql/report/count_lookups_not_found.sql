-- How many tickets a look-up found no member for, by class.
-- Reads lookups_not_found. Binds store. One row per class.
SELECT
    outcome,
    COUNT(*) AS tickets
FROM lookups_not_found
WHERE store = :store AND settled_at_utc IS NULL
GROUP BY outcome
ORDER BY outcome
