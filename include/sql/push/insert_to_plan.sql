-- Puts a customer on the list of what the next plan looks at.
-- Touches the row even when it is there, so that one being taken off right now comes back.
-- Writes to_plan. Binds store, customer_id.
INSERT INTO to_plan (store, customer_id)
VALUES (:store, :customer_id)
ON CONFLICT (store, customer_id) DO UPDATE
    SET customer_id = excluded.customer_id
