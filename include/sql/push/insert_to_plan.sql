-- Puts a customer on the list of what the next plan looks at.
-- Writes to_plan. Binds store, customer_id.
INSERT INTO to_plan (store, customer_id)
VALUES (:store, :customer_id)
ON CONFLICT (store, customer_id) DO NOTHING
