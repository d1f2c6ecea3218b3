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
    queued_by,
    batch_id
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

-- name: select_batch
-- The awards of a batch, in the order of their ids.
-- Reads awards. Binds store, batch_id. One row per award.
SELECT
    award_id,
    state,
    sends,
    detail,
    unit,
    amount,
    agent,
    reason,
    member_id,
    email,
    subject,
    door,
    queued_at_utc,
    approve_by_utc,
    batch_id
FROM awards
WHERE store = :store AND batch_id = :batch_id
ORDER BY award_id ASC;

-- name: select_waiting_batches
-- The batches that wait for approval as a whole, the oldest first.
-- Reads awards. Binds store. One row per batch.
SELECT
    batch_id,
    agent,
    COUNT(*) AS awards,
    MIN(queued_at_utc) AS queued_at_utc
FROM awards
WHERE store = :store AND state = 'needs_approval' AND door = 'batch'
GROUP BY batch_id, agent
ORDER BY MIN(queued_at_utc) ASC, batch_id ASC;

-- name: select_batch_results
-- What became of everybody in a batch: of those behind an incident's tickets too who have no award.
-- `member_id` is whom they are by now, `awarded_member_id` whom the award was booked for.
-- Reads awards, incident_people, matches, customers. Binds store, batch_id. One row per award, and
-- one per customer of an incident without one.
SELECT
    p.ticket_id,
    p.tickets,
    p.customer_id,
    COALESCE(a.member_id, mt.member_id) AS member_id,
    COALESCE(c.email, a.email) AS email,
    p.fate,
    p.detail AS fate_detail,
    a.award_id,
    a.state,
    a.detail,
    a.unit,
    a.amount,
    a.queued_at_utc,
    a.sends,
    a.sent_at_utc,
    a.subject,
    a.member_id AS awarded_member_id,
    a.reverses,
    r.state AS reversal_state
FROM incident_people AS p
LEFT JOIN awards AS a ON p.store = a.store AND p.award_id = a.award_id
LEFT JOIN awards AS r
    ON
        a.store = r.store
        AND a.award_id = r.reverses
        AND r.state NOT IN ('refused', 'rejected')
LEFT JOIN matches AS mt ON p.store = mt.store AND p.customer_id = mt.customer_id
LEFT JOIN customers AS c ON p.store = c.store AND p.customer_id = c.customer_id
WHERE p.store = :store AND p.batch_id = :batch_id
UNION ALL
SELECT
    a.ticket_id,
    NULL AS tickets,
    NULL AS customer_id,
    a.member_id,
    a.email,
    NULL AS fate,
    NULL AS fate_detail,
    a.award_id,
    a.state,
    a.detail,
    a.unit,
    a.amount,
    a.queued_at_utc,
    a.sends,
    a.sent_at_utc,
    a.subject,
    a.member_id AS awarded_member_id,
    a.reverses,
    r.state AS reversal_state
FROM awards AS a
LEFT JOIN awards AS r
    ON
        a.store = r.store
        AND a.award_id = r.reverses
        AND r.state NOT IN ('refused', 'rejected')
WHERE
    a.store = :store
    AND a.batch_id = :batch_id
    AND NOT EXISTS (
        SELECT 1 FROM incident_people AS p
        WHERE p.store = a.store AND p.batch_id = a.batch_id AND p.award_id = a.award_id
    );

-- name: select_reversals
-- The awards of a batch that take others back, the newest last.
-- Reads awards. Binds store, batch_id. One row per award.
SELECT
    reverses,
    state,
    detail
FROM awards
WHERE store = :store AND batch_id = :batch_id AND reverses IS NOT NULL
ORDER BY queued_at_utc ASC, award_id ASC;
