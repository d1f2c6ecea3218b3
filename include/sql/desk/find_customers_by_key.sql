-- The customers with an e-mail address, as their own or a further one.
-- Reads customers, customer_channels. Binds store, email_key. One row per customer, fifty at most.
SELECT
    c.customer_id,
    c.name,
    c.email,
    c.gone_at_utc
FROM customers AS c
WHERE
    c.store = :store
    AND (
        c.email_key = :email_key
        OR c.customer_id IN (
            SELECT channels.customer_id
            FROM customer_channels AS channels
            WHERE channels.store = :store AND channels.email_key = :email_key
        )
    )
ORDER BY c.customer_id ASC
LIMIT 50
