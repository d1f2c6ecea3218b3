-- Forgets what became of the changes of old runs, so that the table does not grow for ever.
-- A failed change is forgotten too: what has to be tried again stands in to_plan.
-- Reads earlier_runs, writes changes. Binds store, oldest_utc.
DELETE FROM changes
WHERE
    store = :store
    AND state IN ('done', 'gone', 'failed')
    AND changed_at_utc < :oldest_utc
    AND run_id IN (
        SELECT run_id FROM earlier_runs
        WHERE is_old
    )
