-- How the mismatches of each class move: what is open, since when, and what changed since a time.
-- What somebody ignores is left out for as long as that holds.
-- Reads mismatches, ignored_mismatches. Binds store, since_utc, month_ago_utc, now_utc. One row per
-- side and class.
SELECT
    side,
    outcome,
    SUM(
        CASE
            WHEN settled_at_utc IS NULL AND opened_at_utc > :since_utc AND returned = 0 THEN 1
            ELSE 0
        END
    ) AS newly_open,
    SUM(
        CASE
            WHEN settled_at_utc IS NULL AND opened_at_utc > :since_utc AND returned > 0 THEN 1
            ELSE 0
        END
    ) AS came_back,
    SUM(
        CASE WHEN settled_at_utc IS NULL AND opened_at_utc <= :since_utc THEN 1 ELSE 0 END
    ) AS still_open,
    SUM(CASE WHEN settled_at_utc > :since_utc THEN 1 ELSE 0 END) AS settled,
    SUM(
        CASE WHEN settled_at_utc IS NULL AND opened_at_utc <= :month_ago_utc THEN 1 ELSE 0 END
    ) AS older_than_a_month,
    MIN(CASE WHEN settled_at_utc IS NULL THEN opened_at_utc END) AS oldest_open_utc
FROM mismatches
WHERE
    store = :store
    AND NOT EXISTS (
        SELECT 1
        FROM ignored_mismatches AS ignored
        WHERE
            ignored.store = mismatches.store
            AND ignored.side = mismatches.side
            AND ignored.subject_id = mismatches.subject_id
            AND (ignored.until_utc IS NULL OR ignored.until_utc > :now_utc)
    )
GROUP BY side, outcome
ORDER BY side ASC, outcome ASC
