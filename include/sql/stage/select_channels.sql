-- The further e-mail addresses that are staged of some customers.
-- Reads customer_channels. Binds store, ids (a list of customer ids). One row per address.
SELECT
    customer_id,
    email_key
FROM customer_channels
WHERE store = :store AND customer_id IN (:ids)
