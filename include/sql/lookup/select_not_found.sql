-- What the last look-up of a ticket that found no member said; none when every one found one.
-- Reads lookups_not_found. Binds store, ticket_id. One row, or none.
SELECT
    outcome,
    last_at_utc,
    settled_at_utc
FROM lookups_not_found
WHERE store = :store AND ticket_id = :ticket_id
