-- Lets the match look again at the live customers that the full scan did not see, and at everybody
-- with the same e-mail key.
-- Reads customers, scan_seen; writes touched. Binds store.
INSERT INTO touched (store, kind, value)
WITH unseen AS (
    SELECT
        customers.store,
        customers.email_key,
        CAST(customers.customer_id AS TEXT) AS subject_id
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
)

SELECT
    store,
    'customer' AS kind,
    subject_id AS value
FROM unseen
UNION ALL
SELECT
    store,
    'email_key' AS kind,
    email_key AS value
FROM unseen
WHERE email_key IS NOT NULL
ON CONFLICT (store, kind, value) DO NOTHING
