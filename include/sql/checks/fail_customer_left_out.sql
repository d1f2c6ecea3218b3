-- Fails if a customer is neither matched nor in a class of the unmatched: nobody would ever see it.
-- Does not test which class it should be in. One that is gone has a class as well.
-- Reads customers, matches, unmatched_customers. Binds store. One row per customer at fault.
SELECT customers.customer_id AS failing_id
FROM customers
WHERE
    customers.store = :store
    AND NOT EXISTS (
        SELECT 1 FROM matches
        WHERE
            matches.store = customers.store
            AND matches.customer_id = customers.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM unmatched_customers
        WHERE
            unmatched_customers.store = customers.store
            AND unmatched_customers.customer_id = customers.customer_id
    )
