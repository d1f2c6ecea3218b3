-- name: forget_locks
-- Lets go of what processes held that are not there any more.
-- Writes locks. No bind.
DELETE FROM locks;

-- name: forget_turns
-- Waits for nobody any more.
-- Writes lock_turns. No bind.
DELETE FROM lock_turns;

-- name: forget_watermarks
-- Makes the next run of every store read and plan in full.
-- Writes watermarks. No bind.
DELETE FROM watermarks;

-- name: forget_field_values
-- Forgets what stood in customer fields when the backup was made: others may stand there by now.
-- Writes pushed_cards. No bind.
UPDATE pushed_cards
SET field_values = NULL
WHERE field_values IS NOT NULL;

-- name: doubt_waiting_awards
-- Makes every award that is not at its end one that may have been booked: its marker is looked for
-- before it is sent, and it is not rejected unseen. It is looked for from when it was queued.
-- Writes awards. No bind. One row per award.
UPDATE awards
SET
    sends = CASE WHEN sends > 0 THEN sends ELSE 1 END,
    sent_at_utc = queued_at_utc
WHERE state IN ('queued', 'needs_approval', 'approved', 'applying')
RETURNING store, award_id, state, asked_run_id, asked_map_index;

-- name: park_award
-- Leaves an award that waits for a person to look at: whom it was for was erased since the backup.
-- Writes awards. Binds store, award_id, detail, now_utc.
UPDATE awards
SET
    state = 'unknown',
    detail = :detail,
    claimed_by = NULL,
    lease_until_utc = NULL,
    settled_at_utc = :now_utc
WHERE store = :store AND award_id = :award_id;
