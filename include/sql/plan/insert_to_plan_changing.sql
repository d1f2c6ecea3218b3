-- Puts the customers with a change back on the list, where they stay until Gorgias accepted it.
-- Reads changes, writes to_plan. Binds store, run_id.
INSERT INTO to_plan (store, customer_id)
SELECT
    store,
    customer_id
FROM changes
WHERE store = :store AND run_id = :run_id AND state NOT IN ('done', 'gone')
ORDER BY customer_id ASC
ON CONFLICT (store, customer_id) DO NOTHING
