-- The customers whose match or class changed: their card may have to change.
-- Reads decided_customers (which holds changes only), writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT
    :store AS store,
    customer_id
FROM decided_customers
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING
