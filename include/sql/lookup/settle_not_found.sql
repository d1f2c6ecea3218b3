-- Notes that a look-up of the ticket has found a member since.
-- Writes lookups_not_found. Binds store, ticket_id, now_utc.
UPDATE lookups_not_found
SET settled_at_utc = :now_utc
WHERE store = :store AND ticket_id = :ticket_id AND settled_at_utc IS NULL
