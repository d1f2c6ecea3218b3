-- Settles the mismatches of customers who are in no class that needs a person any more.
-- Reads unmatched_customers, writes mismatches. Binds store, now_utc.
UPDATE mismatches
SET settled_at_utc = :now_utc
WHERE
    store = :store
    AND side = 'customer'
    AND settled_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM unmatched_customers AS u
        WHERE
            u.store = mismatches.store
            AND u.customer_id = CAST(mismatches.subject_id AS BIGINT)
            AND u.outcome IN ('customer_not_found', 'ambiguous', 'no_email', 'invalid_email')
    )
