-- name: find_mismatch
-- Whether somebody ever was a mismatch.
-- Reads mismatches. Binds store, side, subject_id. No row or one.
SELECT
    outcome,
    opened_at_utc,
    settled_at_utc,
    returned
FROM mismatches
WHERE store = :store AND side = :side AND subject_id = :subject_id;

-- name: insert_decision
-- Keeps what a person decided about one customer or member.
-- Writes decisions. Binds store, decision_id, batch_id, side, subject_id, action, member_id,
-- reason, until_utc, actor, now_utc.
INSERT INTO decisions (
    store, decision_id, batch_id, side, subject_id, action, member_id, reason, until_utc, actor,
    decided_at_utc
)
VALUES (
    :store, :decision_id, :batch_id, :side, :subject_id, :action, :member_id, :reason, :until_utc,
    :actor, :now_utc
);

-- name: upsert_ignored_mismatch
-- Keeps that nobody wants to hear of a mismatch, until a time or for good.
-- Writes ignored_mismatches. Binds store, side, subject_id, reason, until_utc (NULL for good).
INSERT INTO ignored_mismatches (store, side, subject_id, reason, until_utc)
VALUES (:store, :side, :subject_id, :reason, :until_utc)
ON CONFLICT (store, side, subject_id) DO UPDATE
    SET
        reason = excluded.reason,
        until_utc = excluded.until_utc;

-- name: delete_ignored_mismatch
-- Has a mismatch reported again.
-- Writes ignored_mismatches. Binds store, side, subject_id.
DELETE FROM ignored_mismatches
WHERE store = :store AND side = :side AND subject_id = :subject_id;

-- name: upsert_refused_suggestion
-- Keeps that a customer is not that member, so that it is suggested no more.
-- Writes refused_suggestions. Binds store, customer_id, member_id.
INSERT INTO refused_suggestions (store, customer_id, member_id)
VALUES (:store, :customer_id, :member_id)
ON CONFLICT (store, customer_id, member_id) DO NOTHING;

-- name: delete_refused_suggestion
-- Lets a member be suggested for a customer again.
-- Writes refused_suggestions. Binds store, customer_id, member_id.
DELETE FROM refused_suggestions
WHERE store = :store AND customer_id = :customer_id AND member_id = :member_id;

-- name: select_decisions
-- Everything that was decided about one customer or member, the newest first. About a member are
-- also the links of customers to it.
-- Reads decisions. Binds store, side, subject_id. One row per decision.
SELECT
    decision_id,
    batch_id,
    side,
    subject_id,
    action,
    member_id,
    reason,
    until_utc,
    actor,
    decided_at_utc,
    undone_by,
    undone_at_utc
FROM decisions
WHERE
    store = :store
    AND (
        (side = :side AND subject_id = :subject_id)
        OR (:side = 'member' AND action = 'link' AND member_id = :subject_id)
    )
ORDER BY decided_at_utc DESC, decision_id DESC;

-- name: undo_batch
-- Takes back what was decided at once, as far as it was not before.
-- Writes decisions. Binds store, batch_id, actor, now_utc. One row per decision taken back.
UPDATE decisions
SET
    undone_by = :actor,
    undone_at_utc = :now_utc
WHERE store = :store AND batch_id = :batch_id AND undone_at_utc IS NULL
RETURNING side, subject_id, action, member_id;

-- name: undo_links
-- Takes back every link of a customer that was decided, as the link itself is removed.
-- Writes decisions. Binds store, customer_text, actor, now_utc.
UPDATE decisions
SET
    undone_by = :actor,
    undone_at_utc = :now_utc
WHERE
    store = :store
    AND side = 'customer'
    AND subject_id = :customer_text
    AND action = 'link'
    AND undone_at_utc IS NULL;

-- name: select_ignored
-- Whether a mismatch is ignored now, and why.
-- Reads ignored_mismatches. Binds store, side, subject_id, now_utc. No row or one.
SELECT
    reason,
    until_utc
FROM ignored_mismatches
WHERE
    store = :store
    AND side = :side
    AND subject_id = :subject_id
    AND (until_utc IS NULL OR until_utc > :now_utc);
