-- Fails if two rows hold one customer's id: two cards would go to one profile, and the last would
-- win. The table's key prevents it; this is for the day when the key is lost in a repair by hand.
-- Reads customers. Binds store. One row per id at fault, none when all is well.
SELECT
    customer_id AS failing_id,
    COUNT(*) AS customer_count
FROM customers
WHERE store = :store
GROUP BY customer_id
HAVING COUNT(*) > 1
