-- name: select_tickets
-- What is staged of one batch of tickets, to find what changed. Columns in the table's order.
-- Reads tickets. Binds store, ids (a list of ticket ids). One row per ticket that is staged.
SELECT
    store,
    ticket_id,
    customer_id,
    status,
    updated_at_utc,
    created_at_utc,
    priority,
    tags,
    channel
FROM tickets
WHERE store = :store AND ticket_id IN (:ids);

-- name: touch_customers_of_old_tickets
-- Customers who lose a recent ticket: their class and their priority may change.
-- Reads tickets, writes touched. Binds store, older_than_utc.
INSERT INTO touched (store, kind, value)
SELECT DISTINCT
    store,
    'customer' AS kind,
    CAST(customer_id AS TEXT) AS value
FROM tickets
WHERE store = :store AND updated_at_utc < :older_than_utc
ON CONFLICT (store, kind, value) DO NOTHING;

-- name: delete_old_tickets
-- Forgets tickets that are not recent any more.
-- Deletes from tickets. Binds store, older_than_utc.
DELETE FROM tickets
WHERE store = :store AND updated_at_utc < :older_than_utc;
