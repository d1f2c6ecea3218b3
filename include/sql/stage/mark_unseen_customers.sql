-- Marks the live customers that the full scan did not see as gone: merged or deleted.
-- Reads scan_seen, writes customers. Binds store, now_utc.
UPDATE customers
SET gone_at_utc = :now_utc
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM scan_seen
        WHERE
            scan_seen.store = customers.store
            AND scan_seen.source = 'customers'
            AND scan_seen.subject_id = CAST(customers.customer_id AS TEXT)
    )
