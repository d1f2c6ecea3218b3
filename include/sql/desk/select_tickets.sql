-- The newest recent tickets of a customer.
-- Reads tickets. Binds store, customer_id. One row per ticket, the newest first, twenty at most.
SELECT
    ticket_id,
    status,
    updated_at_utc
FROM tickets
WHERE store = :store AND customer_id = :customer_id
ORDER BY updated_at_utc DESC, ticket_id DESC
LIMIT 20
