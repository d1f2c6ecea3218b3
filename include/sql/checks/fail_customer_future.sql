-- Fails if a customer was updated later than our clock allows: the next incremental read would
-- resume behind that time and overlook what happens until then.
-- Does not test our own clock against anybody else's.
-- Reads customers. Binds store, latest_utc. One row per customer at fault, none when all is well.
SELECT customer_id AS failing_id
FROM customers
WHERE store = :store AND gone_at_utc IS NULL AND updated_at_utc > :latest_utc
