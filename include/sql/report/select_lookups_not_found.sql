-- The tickets whose last look-up found no member, the newest on top.
-- Reads lookups_not_found. Binds store, how_many. One row per ticket.
SELECT
    ticket_id,
    customer_id,
    outcome,
    first_at_utc,
    last_at_utc
FROM lookups_not_found
WHERE store = :store AND settled_at_utc IS NULL
ORDER BY last_at_utc DESC, ticket_id DESC
LIMIT :how_many
