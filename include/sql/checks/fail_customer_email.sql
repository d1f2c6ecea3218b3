-- Fails if a customer counts as having a valid e-mail without a key to match by, or the reverse:
-- the match would overlook the customer, or pair it by an address that is not one.
-- Does not test how the key was made; the key's own tests do.
-- Reads customers. Binds store. One row per customer at fault, none when all is well.
SELECT customer_id AS failing_id
FROM customers
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND (email_state = 'valid') <> (email_key IS NOT NULL)
