-- name: select_awards
-- The awards of a time that were booked, and those that nobody can tell of. What takes one back
-- counts for whoever awarded that one, for its reason and ticket, on the day of taking it back.
-- That a reversal is not refused says nothing new, but SQLite takes the index of reversals only by
-- its very words, and else looks through all awards for each.
-- Whom it was for is the member where that is known, as the same person is asked for by addresses,
-- too.
-- Reads awards. Binds store, from_utc, until_utc. One row per award; `taken_back` is 1 if another
-- one took it back since.
SELECT
    a.state,
    a.unit,
    a.amount,
    SUBSTR(a.settled_at_utc, 1, 10) AS on_day,
    COALESCE(original.agent, a.agent) AS agent,
    COALESCE(original.reason, a.reason) AS reason,
    COALESCE(original.member_id, original.subject, a.member_id, a.subject) AS subject,
    CASE WHEN a.reverses IS NULL THEN a.member_tier ELSE original.member_tier END AS tier,
    CASE WHEN a.reverses IS NULL THEN a.ticket_tags ELSE original.ticket_tags END AS tags,
    CASE WHEN a.reverses IS NULL THEN 0 ELSE 1 END AS takes_back,
    CASE
        WHEN
            a.award_id IN (
                SELECT later.reverses
                FROM awards AS later
                WHERE
                    later.store = :store
                    AND later.reverses IS NOT NULL
                    AND later.state = 'applied'
                    AND later.state NOT IN ('refused', 'rejected')
            )
            THEN 1
        ELSE 0
    END AS taken_back
FROM awards AS a
LEFT JOIN awards AS original ON a.store = original.store AND a.reverses = original.award_id
WHERE
    a.store = :store
    AND a.state IN ('applied', 'unknown')
    AND a.settled_at_utc >= :from_utc
    AND a.settled_at_utc < :until_utc
ORDER BY a.settled_at_utc ASC;

-- name: sum_by_day
-- What was booked by hand, day by day, less what was taken back.
-- Reads awards. Binds store, from_utc, until_utc. One row per day and unit.
SELECT
    unit,
    CAST(SUM(amount) AS BIGINT) AS amount,
    SUBSTR(settled_at_utc, 1, 10) AS on_day
FROM awards
WHERE
    store = :store
    AND state = 'applied'
    AND settled_at_utc >= :from_utc
    AND settled_at_utc < :until_utc
GROUP BY SUBSTR(settled_at_utc, 1, 10), unit;

-- name: count_tickets
-- The tickets that were created in a time, by day, as far as they are held.
-- Reads tickets. Binds store, from_utc, until_utc. One row per day; NULL for those of which it was
-- not told.
SELECT
    SUBSTR(created_at_utc, 1, 10) AS on_day,
    COUNT(*) AS tickets
FROM tickets
WHERE
    store = :store
    AND (created_at_utc IS NULL OR (created_at_utc >= :from_utc AND created_at_utc < :until_utc))
GROUP BY SUBSTR(created_at_utc, 1, 10);
