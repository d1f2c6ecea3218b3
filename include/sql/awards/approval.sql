-- name: take_to_ask
-- Gives the awards that need approval, and that no run asks about, to one run. What is approved as
-- a whole is decided on the desk.
-- Writes awards. Binds store, run_id. One row per award, also of those taken before.
UPDATE awards
SET asked_run_id = :run_id
WHERE
    store = :store
    AND state = 'needs_approval'
    AND door != 'batch'
    AND (asked_run_id IS NULL OR asked_run_id = :run_id)
RETURNING award_id;

-- name: mark_asked
-- Notes which task of the run is about to ask, if the award is still to be asked about.
-- Writes awards. Binds store, award_id, map_index.
UPDATE awards
SET asked_map_index = :map_index
WHERE store = :store AND award_id = :award_id AND state = 'needs_approval';

-- name: ask_anew
-- Lets another run ask about an award that still needs approval.
-- Writes awards. Binds store, award_id.
UPDATE awards
SET asked_run_id = NULL, asked_map_index = NULL
WHERE store = :store AND award_id = :award_id AND state = 'needs_approval';

-- name: decide_award
-- Approves or rejects an award that waits for it.
-- Writes awards. Binds store, award_id, state, detail, settled_at_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    settled_at_utc = :settled_at_utc
WHERE store = :store AND award_id = :award_id AND state = 'needs_approval';

-- name: select_who_asked
-- Who had a hand in asking for an award: none of them may approve it.
-- Reads awards, api_tokens. Binds store, award_id. No row or one.
SELECT
    a.agent,
    a.queued_by,
    t.owner AS token_owner,
    t.made_by AS token_maker
FROM awards AS a
LEFT JOIN api_tokens AS t ON a.store = t.store AND a.token_id = t.token_id
WHERE a.store = :store AND a.award_id = :award_id;

-- name: reject_overdue
-- Rejects the awards that nobody approved in time. One that may have been booked, as a restore
-- doubts it, is for a person to look at.
-- Writes awards. Binds store, now_utc, detail, detail_of_doubted. One row per award.
UPDATE awards
SET
    state = CASE WHEN sends > 0 THEN 'unknown' ELSE 'rejected' END,
    detail = CASE WHEN sends > 0 THEN :detail_of_doubted ELSE :detail END,
    settled_at_utc = :now_utc
WHERE store = :store AND state = 'needs_approval' AND approve_by_utc < :now_utc
RETURNING award_id, state;

-- name: sum_waiting
-- What other awards that wait will change of a member's balance; what may yet be rejected is not
-- counted on.
-- Reads awards. Binds store, member_id, unit, award_id (the one that is looked at). One row.
SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS waiting
FROM awards
WHERE
    store = :store
    AND subject = :member_id
    AND unit = :unit
    AND award_id != :award_id
    AND state IN ('queued', 'needs_approval', 'approved', 'applying')
    AND (state != 'needs_approval' OR amount < 0);
