-- The tickets of customers, also those on which a look-up found nobody.
-- Reads tickets, lookups_not_found. Binds store, customer_ids (a list). One row per ticket.
SELECT ticket_id
FROM tickets
WHERE store = :store AND customer_id IN (:customer_ids)
UNION
SELECT ticket_id
FROM lookups_not_found
WHERE store = :store AND customer_id IN (:customer_ids)
