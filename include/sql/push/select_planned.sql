-- The next planned changes, the most important first.
-- Reads changes. Binds store, run_id, chunk. One row per change.
SELECT
    customer_id,
    destination
FROM changes
WHERE store = :store AND run_id = :run_id AND state = 'planned'
ORDER BY priority DESC, customer_id ASC, destination ASC
LIMIT :chunk
