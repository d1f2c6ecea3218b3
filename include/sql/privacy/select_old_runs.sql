-- Runs that ended before a time and that nothing needs any more: not the newest that ended well, by
-- which the age of the data goes, and none whose changes are still kept.
-- Reads runs, changes. Binds store, before_utc, most. One row per run, the oldest first.
SELECT
    r.run_id,
    r.report_path
FROM runs AS r
WHERE
    r.store = :store
    AND r.ended_at_utc < :before_utc
    AND r.state <> 'running'
    AND r.started_at_utc < (
        SELECT MAX(newest.started_at_utc)
        FROM runs AS newest
        WHERE newest.store = :store AND newest.state = 'succeeded'
    )
    AND NOT EXISTS (
        SELECT 1
        FROM changes AS c
        WHERE c.store = r.store AND c.run_id = r.run_id
    )
ORDER BY r.started_at_utc ASC, r.run_id ASC
LIMIT :most
