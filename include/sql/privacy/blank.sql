-- name: select_old_awards
-- Awards that ended before a time and still say for whom they were.
-- Reads awards. Binds store, before_utc, most. One row per award.
SELECT award_id
FROM awards
WHERE
    store = :store
    AND settled_at_utc < :before_utc
    AND state IN ('applied', 'refused', 'rejected')
    AND subject <> 'erased'
ORDER BY settled_at_utc ASC, award_id ASC
LIMIT :most;

-- name: select_events
-- The audit of an award, to take out whom it was for.
-- Reads award_events. Binds store, award_id. One row per event.
SELECT
    event_number,
    detail,
    facts
FROM award_events
WHERE store = :store AND award_id = :award_id;

-- name: blank_event
-- Leaves of a transition what happened, when and by whom, and not to whom.
-- Writes award_events. Binds store, award_id, event_number, facts, detail.
UPDATE award_events
SET
    facts = :facts,
    detail = :detail
WHERE store = :store AND award_id = :award_id AND event_number = :event_number;

-- name: blank_award
-- Leaves of an award who awarded how much and when, and not for whom.
-- Writes awards. Binds store, award_id, no_key (what the idempotency key becomes), no_content.
UPDATE awards
SET
    idempotency_key = :no_key,
    content_hash = :no_content,
    email = NULL,
    member_id = NULL,
    subject = 'erased',
    note = NULL,
    message = NULL,
    ticket_id = NULL,
    ticket_tags = NULL,
    entry_id = NULL,
    detail = CASE WHEN detail LIKE '% %' THEN NULL ELSE detail END
WHERE store = :store AND award_id = :award_id;

-- name: blank_decisions
-- Leaves of decisions that they were made, when and by whom, and not about whom.
-- Writes decisions. Binds store; customer_texts and member_ids (lists); now_utc.
UPDATE decisions
SET
    subject_id = 'erased',
    member_id = NULL,
    reason = NULL,
    undone_by = COALESCE(undone_by, 'erased'),
    undone_at_utc = COALESCE(undone_at_utc, :now_utc)
WHERE
    store = :store
    AND (
        (side = 'customer' AND subject_id IN (:customer_texts))
        OR (side = 'member' AND subject_id IN (:member_ids))
        OR member_id IN (:member_ids)
    );

-- name: blank_rejected
-- Takes ids out of the rows that an extract could not use.
-- Writes rejected_records. Binds store, source, ids (a list of text).
UPDATE rejected_records
SET record_id = NULL
WHERE store = :store AND source = :source AND record_id IN (:ids);

-- name: select_failing_ids
-- Every list of ids that a check found.
-- Reads quality_results. Binds store. One row per result that has any.
SELECT
    run_id,
    step,
    expectation,
    failing_ids
FROM quality_results
WHERE store = :store AND failing_ids <> '[]';

-- name: update_failing_ids
-- Replaces the ids that a check found; how many they were stays.
-- Writes quality_results. Binds store, run_id, step, expectation, failing_ids.
UPDATE quality_results
SET failing_ids = :failing_ids
WHERE
    store = :store AND run_id = :run_id AND step = :step AND expectation = :expectation;

-- name: select_failures
-- Why runs stopped; a reason may name an id.
-- Reads runs. Binds store. One row per run that failed.
SELECT
    run_id,
    failure
FROM runs
WHERE store = :store AND failure IS NOT NULL;

-- name: update_failure
-- Replaces why a run stopped.
-- Writes runs. Binds store, run_id, failure.
UPDATE runs
SET failure = :failure
WHERE store = :store AND run_id = :run_id;

-- name: forget_report
-- Forgets where the report of a run was.
-- Writes runs. Binds store, run_id.
UPDATE runs
SET report_path = NULL
WHERE store = :store AND run_id = :run_id;
