-- The plan of this run, as far as its checks look at single columns.
-- Reads changes. Binds store, run_id. One row per customer and destination.
SELECT
    customer_id,
    destination,
    kind,
    fingerprint,
    state
FROM changes
WHERE store = :store AND run_id = :run_id
