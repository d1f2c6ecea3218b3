-- The award that an idempotency key stands for.
-- Reads awards. Binds store, idempotency_key. No row or one.
SELECT
    award_id,
    state,
    content_hash
FROM awards
WHERE store = :store AND idempotency_key = :idempotency_key
