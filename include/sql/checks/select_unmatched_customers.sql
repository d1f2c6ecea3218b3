-- The customers without a member, with their class.
-- Reads unmatched_customers. Binds store. One row per customer.
SELECT
    customer_id,
    outcome
FROM unmatched_customers
WHERE store = :store
