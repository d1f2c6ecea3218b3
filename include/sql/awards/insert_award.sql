-- Queues an award.
-- Writes awards. Binds one per column.
INSERT INTO awards (
    store,
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
    queued_at_utc,
    sends
)
VALUES (
    :store,
    :award_id,
    :idempotency_key,
    :content_hash,
    :email,
    :member_id,
    :subject,
    :unit,
    :amount,
    :reason,
    :note,
    :message,
    :agent,
    :ticket_id,
    :door,
    :state,
    :queued_at_utc,
    :sends
)
