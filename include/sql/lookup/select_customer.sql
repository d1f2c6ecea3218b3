-- What the last match made of the customers with an e-mail key: a member, or a class.
-- Reads customers, matches, unmatched_customers. Binds store, email_key. One row per customer.
SELECT
    customers.customer_id,
    matches.member_id,
    unmatched_customers.outcome
FROM customers
LEFT JOIN matches
    ON customers.store = matches.store AND customers.customer_id = matches.customer_id
LEFT JOIN unmatched_customers
    ON
        customers.store = unmatched_customers.store
        AND customers.customer_id = unmatched_customers.customer_id
WHERE
    customers.store = :store
    AND customers.email_key = :email_key
    AND customers.gone_at_utc IS NULL
ORDER BY customers.customer_id ASC
