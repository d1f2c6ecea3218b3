-- name: select_to_show
-- Applied awards that are not shown in Gorgias yet.
-- Reads awards. Binds store, oldest_utc. One row per award.
SELECT award_id
FROM awards
WHERE
    store = :store
    AND state = 'applied'
    AND shown_at_utc IS NULL
    AND settled_at_utc >= :oldest_utc
ORDER BY settled_at_utc ASC
LIMIT 50;

-- name: mark_shown
-- Notes that an applied award is shown in Gorgias, or that there is nobody there to show it for.
-- Writes awards. Binds store, award_id, now_utc.
UPDATE awards
SET shown_at_utc = :now_utc
WHERE store = :store AND award_id = :award_id AND shown_at_utc IS NULL;

-- name: mark_noted
-- Takes the note on an award's ticket for one worker; of two that try, one gets it.
-- Writes awards. Binds store, award_id, now_utc.
UPDATE awards
SET noted_at_utc = :now_utc
WHERE store = :store AND award_id = :award_id AND noted_at_utc IS NULL;

-- name: take_to_alert
-- Takes the refused and unknown awards of which no alert was made, for the alert of one run.
-- Writes awards. Binds store, run_id. One row per award.
UPDATE awards
SET alert_run_id = :run_id
WHERE
    store = :store
    AND state IN ('refused', 'unknown')
    AND alert_run_id IS NULL
RETURNING award_id;
