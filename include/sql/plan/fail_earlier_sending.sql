-- What a dead run was sending: nobody knows whether it arrived. Its customers are still to be
-- planned, so this run sends it again.
-- Reads earlier_runs, writes changes. Binds store, now_utc.
UPDATE changes
SET state = 'failed', error = 'interrupted', changed_at_utc = :now_utc
WHERE
    store = :store
    AND state = 'sending'
    AND run_id IN (
        SELECT run_id FROM earlier_runs
        WHERE to_settle
    )
