-- Whether a customer is staged and not gone.
-- Reads customers. Binds store, customer_id. One row, or none.
SELECT customer_id
FROM customers
WHERE store = :store AND customer_id = :customer_id AND gone_at_utc IS NULL
