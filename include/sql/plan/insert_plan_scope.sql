-- What an incremental plan looks at: the customers whose card may have to change.
-- Reads to_plan, writes plan_scope. Binds store.
INSERT INTO plan_scope (customer_id)
SELECT customer_id
FROM to_plan
WHERE store = :store
