-- One award.
-- Reads awards. Binds store, award_id. No row or one.
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
    settled_at_utc,
    reverses,
    approve_by_utc,
    asked_run_id
FROM awards
WHERE store = :store AND award_id = :award_id
