-- name: claim_telling
-- Takes the telling of a thing to a place for one worker, unless another has it or its wait is not
-- over. An alert is told to a place once, and only while it is open.
-- Writes tellings. Reads owed_alerts. Binds store, place, thing, claimant, until_utc, now_utc,
-- is_alert. One row with what the place was told last, none when it is not to be told now.
INSERT INTO tellings (store, place, thing, tries, claimed_by, claimed_until_utc)
SELECT
    :store AS for_store,
    :place AS for_place,
    :thing AS for_thing,
    0 AS no_tries,
    :claimant AS by_claimant,
    :until_utc AS its_until_utc
WHERE
    NOT :is_alert
    OR EXISTS (
        SELECT 1
        FROM owed_alerts
        WHERE store = :store AND alert_id = :thing AND closed_at_utc IS NULL
    )
ON CONFLICT (store, place, thing) DO UPDATE
    SET
        claimed_by = excluded.claimed_by,
        claimed_until_utc = excluded.claimed_until_utc
    WHERE
    (tellings.claimed_until_utc IS NULL OR tellings.claimed_until_utc <= :now_utc)
    AND (tellings.next_try_utc IS NULL OR tellings.next_try_utc <= :now_utc)
    AND (NOT :is_alert OR tellings.told_at_utc IS NULL)
RETURNING content, tries;

-- name: hand_down
-- Notes of a place what everybody was told of a thing before places were kept apart. It may have a
-- row without having been told by itself: of a claim that found nothing to tell, or could not.
-- Reads and writes tellings. Binds store, place, thing, now_utc.
INSERT INTO tellings (store, place, thing, content, told_at_utc, tries)
SELECT
    store,
    :place AS for_place,
    thing,
    content,
    :now_utc AS told_now_utc,
    0 AS no_tries
FROM tellings
WHERE store = :store AND place = '' AND thing = :thing
ON CONFLICT (store, place, thing) DO UPDATE
    SET content = excluded.content, told_at_utc = excluded.told_at_utc
    WHERE tellings.content IS NULL;

-- name: delete_handed_down
-- Forgets what everybody was told: whoever is named later was told nothing.
-- Writes tellings. Binds store, thing.
DELETE FROM tellings
WHERE store = :store AND place = '' AND thing = :thing;

-- name: note_told
-- Notes that a place was told, unless another worker took that over meanwhile.
-- Writes tellings. Binds store, place, thing, claimant, content, now_utc.
UPDATE tellings
SET
    content = :content,
    told_at_utc = :now_utc,
    claimed_by = NULL,
    claimed_until_utc = NULL,
    tries = 0,
    failing_since_utc = NULL,
    next_try_utc = NULL,
    error = NULL
WHERE store = :store AND place = :place AND thing = :thing AND claimed_by = :claimant;

-- name: note_not_told
-- Notes that a place could not be told, and when it is tried again.
-- Writes tellings. Binds store, place, thing, claimant, next_utc, error, now_utc.
UPDATE tellings
SET
    claimed_by = NULL,
    claimed_until_utc = NULL,
    tries = tries + 1,
    failing_since_utc = COALESCE(failing_since_utc, :now_utc),
    next_try_utc = :next_utc,
    error = :error
WHERE store = :store AND place = :place AND thing = :thing AND claimed_by = :claimant;

-- name: let_go_telling
-- Notes that there is nothing to tell a place, nor is anything owed to it any more: what it was
-- told last is still so, and is not old therefore.
-- Writes tellings. Binds store, place, thing, claimant, now_utc.
UPDATE tellings
SET
    told_at_utc = CASE WHEN content IS NULL THEN told_at_utc ELSE :now_utc END,
    claimed_by = NULL,
    claimed_until_utc = NULL,
    tries = 0,
    failing_since_utc = NULL,
    next_try_utc = NULL,
    error = NULL
WHERE store = :store AND place = :place AND thing = :thing AND claimed_by = :claimant;

-- name: select_not_told
-- Places that are owed something that they could not be told.
-- Reads tellings. Binds store. One row per place and thing.
SELECT
    place,
    thing,
    tries,
    failing_since_utc,
    next_try_utc,
    error
FROM tellings
WHERE store = :store AND tries > 0
ORDER BY failing_since_utc, place, thing;

-- name: insert_owed_alert
-- Keeps an alert until every place has it; one that is known stays as it is.
-- Writes owed_alerts. Binds store, alert_id, kind, content, now_utc.
INSERT INTO owed_alerts (store, alert_id, kind, content, made_at_utc)
VALUES (:store, :alert_id, :kind, :content, :now_utc)
ON CONFLICT (store, alert_id) DO NOTHING;

-- name: select_owed_alerts
-- Alerts that somebody may still be owed, the oldest first.
-- Reads owed_alerts. Binds store. One row per alert.
SELECT
    alert_id,
    kind,
    content
FROM owed_alerts
WHERE store = :store AND closed_at_utc IS NULL
ORDER BY made_at_utc, alert_id;

-- name: select_who_has
-- The places that were told of an alert.
-- Reads tellings. Binds store, thing. One row per place.
SELECT place
FROM tellings
WHERE store = :store AND thing = :thing AND told_at_utc IS NOT NULL;

-- name: close_alert
-- Ends an alert: nobody is owed it any more.
-- Writes owed_alerts. Binds store, alert_id, now_utc.
UPDATE owed_alerts
SET closed_at_utc = :now_utc
WHERE store = :store AND alert_id = :alert_id AND closed_at_utc IS NULL;

-- name: forgive
-- Owes nobody what could not be told of an alert that is over.
-- Writes tellings. Binds store, thing.
UPDATE tellings
SET tries = 0, failing_since_utc = NULL, next_try_utc = NULL, error = NULL
WHERE store = :store AND thing = :thing;

-- name: delete_old_alerts
-- Forgets alerts of before a time, told or not; of a budget not before its month is over, as it
-- would be told once more.
-- Writes owed_alerts. Binds store, before_utc, month_utc.
DELETE FROM owed_alerts
WHERE
    store = :store
    AND made_at_utc < :before_utc
    AND (kind <> 'budget' OR made_at_utc < :month_utc);

-- name: delete_old_tellings
-- Forgets what a place was told, and nobody looked at since a time, and what it is owed if nobody
-- tries it any more. What everybody was told waits until it is handed down.
-- Writes tellings. Binds store, before_utc.
DELETE FROM tellings
WHERE
    store = :store
    AND place <> ''
    AND COALESCE(next_try_utc, claimed_until_utc, told_at_utc, '') < :before_utc;
