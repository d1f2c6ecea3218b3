-- How old the open mismatches are that nobody ignores.
-- Reads mismatches, ignored_mismatches. Binds store, now_utc, day_utc, week_utc, month_utc and
-- quarter_utc (so long ago). One row.
SELECT
    SUM(CASE WHEN opened_at_utc > :day_utc THEN 1 ELSE 0 END) AS under_day,
    SUM(
        CASE WHEN opened_at_utc <= :day_utc AND opened_at_utc > :week_utc THEN 1 ELSE 0 END
    ) AS under_week,
    SUM(
        CASE WHEN opened_at_utc <= :week_utc AND opened_at_utc > :month_utc THEN 1 ELSE 0 END
    ) AS under_month,
    SUM(
        CASE WHEN opened_at_utc <= :month_utc AND opened_at_utc > :quarter_utc THEN 1 ELSE 0 END
    ) AS under_quarter,
    SUM(CASE WHEN opened_at_utc <= :quarter_utc THEN 1 ELSE 0 END) AS longer
FROM mismatches
WHERE
    store = :store
    AND settled_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM ignored_mismatches AS ignored
        WHERE
            ignored.store = mismatches.store
            AND ignored.side = mismatches.side
            AND ignored.subject_id = mismatches.subject_id
            AND (ignored.until_utc IS NULL OR ignored.until_utc > :now_utc)
    )
