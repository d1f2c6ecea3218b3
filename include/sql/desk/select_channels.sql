-- The further e-mail addresses of a customer.
-- Reads customer_channels. Binds store, customer_id. One row per address.
SELECT email_key
FROM customer_channels
WHERE store = :store AND customer_id = :customer_id
ORDER BY email_key ASC
