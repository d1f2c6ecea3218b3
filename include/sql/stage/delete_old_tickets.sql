-- Forgets tickets that are not recent any more.
-- Deletes from tickets. Binds store, older_than_utc.
DELETE FROM tickets
WHERE store = :store AND updated_at_utc < :older_than_utc
