-- Who holds the store's lock.
-- Reads locks. Binds store. One row, or none.
SELECT
    run_id,
    expires_at_utc
FROM locks
WHERE store = :store
