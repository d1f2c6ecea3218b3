-- Customers who lose a recent ticket: their class and their priority may change.
-- Reads tickets, writes touched. Binds store, older_than_utc.
INSERT INTO touched (store, kind, value)
SELECT DISTINCT
    store,
    'customer' AS kind,
    CAST(customer_id AS TEXT) AS value
FROM tickets
WHERE store = :store AND updated_at_utc < :older_than_utc
ON CONFLICT (store, kind, value) DO NOTHING
