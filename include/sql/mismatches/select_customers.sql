-- The customers who wrote, or whose address cannot be looked up, and who have no member.
-- Reads unmatched_customers, customers. Binds store. One row per customer.
SELECT
    customers.customer_id,
    customers.email_key,
    customers.email,
    customers.name,
    customers.external_id
FROM unmatched_customers
INNER JOIN customers
    ON
        unmatched_customers.store = customers.store
        AND unmatched_customers.customer_id = customers.customer_id
WHERE
    unmatched_customers.store = :store
    AND unmatched_customers.outcome IN ('customer_not_found', 'no_email', 'invalid_email')
    AND customers.gone_at_utc IS NULL
ORDER BY customers.customer_id ASC
