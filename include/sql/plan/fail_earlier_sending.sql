-- What a dead run was sending: nobody knows whether it arrived. This plan looks at its customers
-- again, so it is sent again if need be.
-- Reads unsettled_changes, writes changes. Binds store, run_id, now_utc.
UPDATE changes
SET state = 'failed', error = 'interrupted', changed_at_utc = :now_utc
WHERE
    store = :store
    AND (run_id, customer_id, destination) IN (
        SELECT
            run_id,
            customer_id,
            destination
        FROM unsettled_changes
        WHERE state = 'sending' AND run_id <> :run_id
    )
