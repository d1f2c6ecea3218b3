-- Forgets look-ups that found no member, of tickets that are not recent any more.
-- Deletes from lookups_not_found. Binds store, older_than_utc.
DELETE FROM lookups_not_found
WHERE store = :store AND last_at_utc < :older_than_utc
