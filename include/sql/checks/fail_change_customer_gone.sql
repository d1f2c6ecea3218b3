-- Fails if the plan writes to a customer that is unknown or gone from Gorgias: a wasted request,
-- and a sign that the plan does not see what the extract saw.
-- Reads changes, customers. Binds store, run_id. One row per change at fault.
SELECT changes.customer_id AS failing_id
FROM changes
LEFT JOIN customers
    ON changes.store = customers.store AND changes.customer_id = customers.customer_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND (customers.customer_id IS NULL OR customers.gone_at_utc IS NOT NULL)
