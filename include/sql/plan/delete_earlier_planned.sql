-- Drops what earlier runs planned and did not begin to send: this plan replaces it.
-- Reads earlier_runs, writes changes. Binds store.
DELETE FROM changes
WHERE
    store = :store
    AND state = 'planned'
    AND run_id IN (
        SELECT run_id FROM earlier_runs
        WHERE to_settle
    )
