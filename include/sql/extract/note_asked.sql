-- Notes that the platform was asked about a customer.
-- Writes member_lookups. Binds store, customer_id, now_utc.
INSERT INTO member_lookups (store, customer_id, asked_at_utc)
VALUES (:store, :customer_id, :now_utc)
ON CONFLICT (store, customer_id) DO UPDATE SET asked_at_utc = :now_utc
