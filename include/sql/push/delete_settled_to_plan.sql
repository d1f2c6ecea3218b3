-- Takes a customer off the list of what is to be planned once all its changes of the run are done.
-- Writes to_plan, reads changes. Binds store, run_id, customer_id.
DELETE FROM to_plan
WHERE
    store = :store
    AND customer_id = :customer_id
    AND NOT EXISTS (
        SELECT 1 FROM changes
        WHERE
            changes.store = to_plan.store
            AND changes.run_id = :run_id
            AND changes.customer_id = to_plan.customer_id
            AND changes.state <> 'done'
    )
