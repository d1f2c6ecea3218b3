-- Takes off the list what this plan looks at, and nothing that another process added meanwhile.
-- Runs before the data is read, so that what is added later is kept for the next plan.
-- Reads plan_scope, writes to_plan. Binds store.
DELETE FROM to_plan
WHERE store = :store AND customer_id IN (SELECT customer_id FROM plan_scope)
