-- The customers whom the limit leaves without their card: the next plan looks at them again.
-- Reads beyond_limit, writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT DISTINCT
    :store AS store,
    b.customer_id
FROM beyond_limit AS b
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING
