-- The customers that Gorgias still has, without anything personal: what the customer checks see.
-- Reads customers. Binds store. One row per customer.
SELECT
    customer_id,
    email_state,
    updated_at_utc,
    CASE WHEN email_key IS NOT NULL THEN 1 END AS has_email
FROM customers
WHERE store = :store AND gone_at_utc IS NULL
