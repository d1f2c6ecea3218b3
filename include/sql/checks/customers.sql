-- name: select_customers
-- The customers that Gorgias still has, without anything personal: what the customer checks see.
-- Reads customers. Binds store. One row per customer.
SELECT
    customer_id,
    email_state,
    updated_at_utc,
    CASE WHEN email_key IS NOT NULL THEN 1 END AS has_email
FROM customers
WHERE store = :store AND gone_at_utc IS NULL;

-- name: fail_customer_email
-- Fails if a customer counts as having a valid e-mail without a key to match by, or the reverse:
-- the match would overlook the customer, or pair it by an address that is not one.
-- Does not test how the key was made; the key's own tests do.
-- Reads customers. Binds store. One row per customer at fault, none when all is well.
SELECT customer_id AS failing_id
FROM customers
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND (email_state = 'valid') <> (email_key IS NOT NULL);

-- name: fail_customer_future
-- Fails if a customer was updated later than our clock allows: the next incremental read would
-- resume behind that time and overlook what happens until then.
-- Does not test our own clock against anybody else's.
-- Reads customers. Binds store, latest_utc. One row per customer at fault, none when all is well.
SELECT customer_id AS failing_id
FROM customers
WHERE store = :store AND gone_at_utc IS NULL AND updated_at_utc > :latest_utc;
