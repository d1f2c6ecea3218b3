-- name: select_not_found
-- What the last lookup of a ticket that found no member said; none when every one found one.
-- Reads lookups_not_found. Binds store, ticket_id. One row, or none.
SELECT
    outcome,
    last_at_utc,
    settled_at_utc
FROM lookups_not_found
WHERE store = :store AND ticket_id = :ticket_id;

-- name: upsert_not_found
-- Notes that the lookup of a ticket found no member, or that it did so again.
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
        settled_at_utc = NULL;

-- name: settle_not_found
-- Notes that a lookup of the ticket has found a member since.
-- Writes lookups_not_found. Binds store, ticket_id, now_utc.
UPDATE lookups_not_found
SET settled_at_utc = :now_utc
WHERE store = :store AND ticket_id = :ticket_id AND settled_at_utc IS NULL;

-- name: delete_old_lookups
-- Forgets lookups that found no member, of tickets that are not recent any more.
-- Deletes from lookups_not_found. Binds store, older_than_utc.
DELETE FROM lookups_not_found
WHERE store = :store AND last_at_utc < :older_than_utc;
