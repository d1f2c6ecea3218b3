-- Notes that Gorgias shows no card of ours to a customer any more.
-- Writes customers. Binds store, customer_id, now_utc.
UPDATE customers
SET
    shown_fingerprint = 'none',
    read_at_utc = :now_utc
WHERE store = :store AND customer_id = :customer_id
