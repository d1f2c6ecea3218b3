-- Notes that the look-up of a ticket found no member, or that it did so again.
-- Writes lookups_not_found. Binds store, ticket_id, customer_id, outcome, now_utc.
INSERT INTO lookups_not_found (
    store, ticket_id, customer_id, outcome, first_at_utc, last_at_utc
)
VALUES (:store, :ticket_id, :customer_id, :outcome, :now_utc, :now_utc)
ON CONFLICT (store, ticket_id) DO UPDATE
    SET
        customer_id = COALESCE(excluded.customer_id, lookups_not_found.customer_id),
        outcome = excluded.outcome,
        last_at_utc = excluded.last_at_utc,
        settled_at_utc = NULL
