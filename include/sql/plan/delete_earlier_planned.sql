-- Drops what earlier runs planned and did not begin to send: this plan replaces it.
-- Reads unsettled_changes, writes changes. Binds store, run_id.
DELETE FROM changes
WHERE
    store = :store
    AND (run_id, customer_id, destination) IN (
        SELECT
            run_id,
            customer_id,
            destination
        FROM unsettled_changes
        WHERE state = 'planned' AND run_id <> :run_id
    )
