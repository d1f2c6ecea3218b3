-- What is staged of one batch of tickets, to find what changed. Columns in the table's order.
-- Reads tickets. Binds store, ids (a list of ticket ids). One row per ticket that is staged.
SELECT
    store,
    ticket_id,
    customer_id,
    status,
    updated_at_utc
FROM tickets
WHERE store = :store AND ticket_id IN (:ids)
