-- The customers that somebody touched: where an incremental match begins (round 0).
-- Reads touched, writes scope_customers. Binds store.
INSERT INTO scope_customers (customer_id, round)
SELECT
    CAST(value AS BIGINT) AS customer_id,
    0 AS round
FROM touched
WHERE store = :store AND kind = 'customer'
