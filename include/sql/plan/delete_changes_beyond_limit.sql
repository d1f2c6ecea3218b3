-- Keeps the most important changes, as many as the run may push.
-- Reads beyond_limit, writes changes. Binds store, run_id.
DELETE FROM changes
WHERE
    store = :store
    AND run_id = :run_id
    AND (customer_id, destination) IN (
        SELECT
            customer_id,
            destination
        FROM beyond_limit
    )
