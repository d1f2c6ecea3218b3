-- name: select_customers
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
    c.field_ids,
    c.language,
    p.fingerprint AS pushed_fingerprint,
    p.shown_fingerprint AS pushed_shown_fingerprint,
    p.pushed_at_utc
FROM customers AS c
LEFT JOIN pushed_cards AS p
    ON
        c.store = p.store
        AND c.customer_id = p.customer_id
        AND p.destination = 'customer_data'
WHERE c.store = :store AND c.customer_id IN (:ids);

-- name: select_channels
-- The further e-mail addresses that are staged of some customers.
-- Reads customer_channels. Binds store, ids (a list of customer ids). One row per address.
SELECT
    customer_id,
    email_key
FROM customer_channels
WHERE store = :store AND customer_id IN (:ids);

-- name: delete_channels
-- Drops the further e-mail addresses of some customers, before the ones just read take their place.
-- Deletes from customer_channels. Binds store, ids (a list of customer ids).
DELETE FROM customer_channels
WHERE store = :store AND customer_id IN (:ids);

-- name: mark_customers_gone
-- Marks some customers as gone: Gorgias said that they were merged or deleted. Their further
-- addresses go with them, so they are to be read again if one ever comes back.
-- Writes customers. Binds store, now_utc, ids (a list of customer ids).
-- One row with the e-mail key for each that was not gone before.
UPDATE customers
SET gone_at_utc = :now_utc, channels_read_at_utc = NULL
WHERE store = :store AND gone_at_utc IS NULL AND customer_id IN (:ids)
RETURNING customer_id, email_key;

-- name: count_unseen_customers
-- How many live customers the full scan did not see, for the brake.
-- Reads customers, scan_seen. Binds store. One row.
SELECT COUNT(*) AS unseen
FROM customers
WHERE
    customers.store = :store
    AND customers.gone_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM scan_seen
        WHERE
            scan_seen.store = customers.store
            AND scan_seen.source = 'customers'
            AND scan_seen.subject_id = CAST(customers.customer_id AS TEXT)
    );

-- name: touch_unseen_customers
-- Lets the match look again at the live customers that the full scan did not see, and at everybody
-- with one of their e-mail keys.
-- Reads customers, customer_channels, scan_seen; writes touched. Binds store.
INSERT INTO touched (store, kind, value)
WITH unseen AS (
    SELECT
        customers.store,
        customers.customer_id,
        customers.email_key,
        CAST(customers.customer_id AS TEXT) AS subject_id
    FROM customers
    WHERE
        customers.store = :store
        AND customers.gone_at_utc IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM scan_seen
            WHERE
                scan_seen.store = customers.store
                AND scan_seen.source = 'customers'
                AND scan_seen.subject_id = CAST(customers.customer_id AS TEXT)
        )
)

SELECT
    store,
    'customer' AS kind,
    subject_id AS value
FROM unseen
UNION
SELECT
    store,
    'email_key' AS kind,
    email_key AS value
FROM unseen
WHERE email_key IS NOT NULL
UNION
SELECT
    channels.store,
    'email_key' AS kind,
    channels.email_key AS value
FROM unseen
INNER JOIN customer_channels AS channels
    ON unseen.store = channels.store AND unseen.customer_id = channels.customer_id
WHERE TRUE
ON CONFLICT (store, kind, value) DO NOTHING;

-- name: mark_unseen_customers
-- Marks the live customers that the full scan did not see as gone: merged or deleted.
-- Reads scan_seen, writes customers. Binds store, now_utc.
UPDATE customers
SET gone_at_utc = :now_utc, channels_read_at_utc = NULL
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM scan_seen
        WHERE
            scan_seen.store = customers.store
            AND scan_seen.source = 'customers'
            AND scan_seen.subject_id = CAST(customers.customer_id AS TEXT)
    );

-- name: delete_channels_of_gone
-- Drops the further e-mail addresses of customers who are gone.
-- Reads customers; deletes from customer_channels. Binds store.
DELETE FROM customer_channels
WHERE
    store = :store
    AND customer_id IN (
        SELECT customers.customer_id FROM customers
        WHERE customers.store = :store AND customers.gone_at_utc IS NOT NULL
    );
