-- The newest awards of a store, of one state or of all.
-- Reads awards. Binds store, state (empty for all), most. One row per award.
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
WHERE store = :store AND (:state = '' OR state = :state)
ORDER BY queued_at_utc DESC, award_id ASC
LIMIT :most
