-- How many live customers the full scan did not see, for the brake.
-- Reads customers, scan_seen. Binds store. One row.
SELECT COUNT(*) AS unseen
FROM customers
WHERE
    customers.store = :store
    AND customers.gone_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM scan_seen
        WHERE
            scan_seen.store = customers.store
            AND scan_seen.source = 'customers'
            AND scan_seen.subject_id = CAST(customers.customer_id AS TEXT)
    )
