-- The award that an idempotency key stands for.
-- Reads awards. Binds store, idempotency_key. No row or one.
SELECT
    award_id,
    idempotency_key,
    content_hash,
    email,
    member_id,
    subject,
    unit,
    amount,
    reason,
    note,
    message,
    agent,
    ticket_id,
    door,
    state,
    detail,
    queued_at_utc,
    sent_at_utc,
    sends,
    entry_id,
    settled_at_utc
FROM awards
WHERE store = :store AND idempotency_key = :idempotency_key
