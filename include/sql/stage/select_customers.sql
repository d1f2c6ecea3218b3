-- What is staged of one batch of customers, to find what changed, in the table's order; and what
-- Gorgias last accepted for them, to tell our own write from somebody else's.
-- Reads customers, pushed_cards. Binds store, ids (a list of customer ids).
-- One row per customer that is staged.
SELECT
    c.store,
    c.customer_id,
    c.email,
    c.email_key,
    c.email_state,
    c.name,
    c.external_id,
    c.other_data,
    c.shown_fingerprint,
    c.updated_at_utc,
    c.read_at_utc,
    c.channels_read_at_utc,
    c.gone_at_utc,
    p.fingerprint AS pushed_fingerprint,
    p.pushed_at_utc
FROM customers AS c
LEFT JOIN pushed_cards AS p
    ON
        c.store = p.store
        AND c.customer_id = p.customer_id
        AND p.destination = 'customer_data'
WHERE c.store = :store AND c.customer_id IN (:ids)
