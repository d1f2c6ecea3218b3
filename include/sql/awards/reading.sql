-- name: select_award
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
    asked_run_id,
    asked_map_index,
    token_id,
    queued_by
FROM awards
WHERE store = :store AND award_id = :award_id;

-- name: select_award_events
-- The audit of one award, from its beginning.
-- Reads award_events. Binds store, award_id. One row per transition.
SELECT
    event_number,
    state,
    detail,
    actor,
    happened_at_utc,
    facts
FROM award_events
WHERE store = :store AND award_id = :award_id
ORDER BY event_number ASC;

-- name: select_awards
-- The newest awards of a store, of one state or of all.
-- Reads awards. Binds store, state (empty for all), most. One row per award.
SELECT
    award_id,
    queued_at_utc,
    state,
    unit,
    amount,
    agent,
    detail
FROM awards
WHERE store = :store AND (:state = '' OR state = :state)
ORDER BY queued_at_utc DESC, award_id ASC
LIMIT :most;

-- name: select_reversal
-- The award that takes another one back, unless it never took place.
-- Reads awards. Binds store, award_id. No row or one.
SELECT award_id
FROM awards
WHERE store = :store AND reverses = :award_id AND state NOT IN ('refused', 'rejected');
