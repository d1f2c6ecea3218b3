-- How many customers are staged, and how many of them are not gone (the base of the shrink limit).
-- Reads customers. Binds store. One row.
SELECT
    COUNT(*) AS staged,
    COUNT(*) - COUNT(gone_at_utc) AS live
FROM customers
WHERE store = :store
