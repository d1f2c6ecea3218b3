-- The runs that touched a customer, the newest first, twenty at most.
-- Reads runs, changes. Binds store, customer_id. One row per run and destination.
SELECT
    r.run_id,
    r.started_at_utc,
    c.destination,
    c.kind,
    c.outcome,
    c.state,
    c.error,
    c.changed_at_utc
FROM runs AS r
INNER JOIN changes AS c
    ON
        r.store = c.store
        AND r.run_id = c.run_id
        AND c.customer_id = :customer_id
WHERE r.store = :store
ORDER BY r.started_at_utc DESC, c.destination ASC
LIMIT 20
