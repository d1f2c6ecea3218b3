-- What an incremental plan looks at: the customers whose card may have to change, and those whom an
-- earlier plan left without their card.
-- Reads to_plan, unsettled_changes; writes plan_scope. Binds store.
INSERT INTO plan_scope (customer_id)
SELECT customer_id
FROM to_plan
WHERE store = :store
UNION
SELECT customer_id
FROM unsettled_changes
