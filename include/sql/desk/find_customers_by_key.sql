-- The customers with an e-mail address, as their own or a further one.
-- Reads customers, customer_channels. Binds store, email_key. One row per customer, fifty at most.
WITH holders AS (
    SELECT own.customer_id
    FROM customers AS own
    WHERE own.store = :store AND own.email_key = :email_key
    UNION
    SELECT channels.customer_id
    FROM customer_channels AS channels
    WHERE channels.store = :store AND channels.email_key = :email_key
)

SELECT
    c.customer_id,
    c.name,
    c.email,
    c.gone_at_utc
FROM holders AS h
INNER JOIN customers AS c ON h.customer_id = c.customer_id
WHERE c.store = :store
ORDER BY c.customer_id ASC
LIMIT 50
