-- name: select_waiting
-- What waits for a run, in all stores: awards to apply, awards whose worker lost its lease, and
-- awards to ask about that no run asks about yet. What is approved as a whole is
-- decided on the desk, so no run asks about it. What was put back because the platform could not
-- be asked waits again when its lease ends: otherwise each run would start the next one at once.
-- Reads awards. Binds now_utc. One row per award.
SELECT
    store,
    award_id,
    state,
    lease_until_utc
FROM awards
WHERE
    state IN ('queued', 'approved', 'applying', 'needs_approval')
    AND (
        (
            state IN ('queued', 'approved', 'applying')
            AND (lease_until_utc IS NULL OR lease_until_utc < :now_utc)
        )
        OR (
            state = 'needs_approval'
            AND ((asked_run_id IS NULL AND door != 'batch') OR approve_by_utc < :now_utc)
        )
    );

-- name: select_due
-- The awards that a worker may take now: queued and approved ones, the oldest first, then those
-- that were put off, who wait longest first, and ones whose worker lost its lease. A run under way
-- takes what was put off a little early: the wait keeps it from starting one run after another.
-- Reads awards. Binds store, now_utc, soon_utc, most. One row per award.
SELECT award_id
FROM awards
WHERE
    store = :store
    AND state IN ('queued', 'approved', 'applying')
    AND (
        lease_until_utc IS NULL
        OR (state IN ('queued', 'approved') AND lease_until_utc < :soon_utc)
        OR (state = 'applying' AND lease_until_utc < :now_utc)
    )
ORDER BY COALESCE(lease_until_utc, '') ASC, queued_at_utc ASC, award_id ASC
LIMIT :most;

-- name: claim_award
-- Takes an award for one worker. Of two that try, one gets the row: the other waits for its commit
-- and then finds another state or a live lease.
-- Writes awards. Binds store, award_id, claimed_by, now_utc, lease_until_utc. No row or one.
UPDATE awards
SET
    state = 'applying',
    claimed_by = :claimed_by,
    lease_until_utc = :lease_until_utc
WHERE
    store = :store
    AND award_id = :award_id
    AND (
        state IN ('queued', 'approved')
        OR (state = 'applying' AND lease_until_utc < :now_utc)
    )
RETURNING *;

-- name: renew_leases
-- After the clock was set: whoever is at work has its whole lease once more, and what was put off
-- is due.
-- Writes awards. Binds store, now_utc, lease_until_utc.
UPDATE awards
SET lease_until_utc = CASE WHEN state = 'applying' THEN :lease_until_utc ELSE :now_utc END
WHERE
    store = :store
    AND state IN ('queued', 'approved', 'applying')
    AND lease_until_utc IS NOT NULL;

-- name: mark_sent
-- Notes that the platform is about to be asked; committed before it is. Only the holder of the
-- claim, only while its lease lasts.
-- Writes awards. Binds store, award_id, claimed_by, now_utc, member_id, lease_until_utc.
UPDATE awards
SET
    sent_at_utc = :now_utc,
    sends = sends + 1,
    member_id = :member_id,
    lease_until_utc = :lease_until_utc
WHERE
    store = :store
    AND award_id = :award_id
    AND state = 'applying'
    AND claimed_by = :claimed_by
    AND lease_until_utc > :now_utc;

-- name: hold_claim
-- Keeps others from taking an award over until the end of the transaction; no row when one did.
-- Writes awards. Binds store, award_id, claimed_by.
UPDATE awards
SET claimed_by = :claimed_by
WHERE
    store = :store AND award_id = :award_id AND state = 'applying' AND claimed_by = :claimed_by;

-- name: leave_award
-- Leaves an award for later: in the queue, or claimed until its lease ends.
-- Writes awards. Binds store, award_id, claimed_by, state, detail, sends, sent_at_utc,
-- lease_until_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    sends = :sends,
    sent_at_utc = :sent_at_utc,
    lease_until_utc = :lease_until_utc
WHERE
    store = :store AND award_id = :award_id AND state = 'applying' AND claimed_by = :claimed_by;

-- name: finish_award
-- Moves an award on from `applying`; only the holder of the claim can.
-- Writes awards. Binds store, award_id, claimed_by, state, detail, entry_id, member_id (of whom it
-- was found, for an award by e-mail), now_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    entry_id = :entry_id,
    member_id = COALESCE(member_id, :member_id),
    claimed_by = NULL,
    lease_until_utc = NULL,
    settled_at_utc = :now_utc
WHERE
    store = :store AND award_id = :award_id AND state = 'applying' AND claimed_by = :claimed_by;

-- name: settle_award
-- A person says what became of an award that nobody could tell of. One that goes back to where it
-- waited begins anew, also to be asked about; that it was sent before stays known, so that its
-- marker is looked for first.
-- Writes awards. Binds store, award_id, state, detail, approve_by_utc (NULL to leave it), now_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    alert_run_id = NULL,
    sends = CASE WHEN :state = 'applied' THEN sends ELSE 0 END,
    approve_by_utc = COALESCE(:approve_by_utc, approve_by_utc),
    asked_run_id = NULL,
    asked_map_index = NULL,
    settled_at_utc = CASE WHEN :state = 'applied' THEN :now_utc END
WHERE store = :store AND award_id = :award_id AND state = 'unknown';
