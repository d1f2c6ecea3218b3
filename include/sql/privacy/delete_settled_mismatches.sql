-- Forgets mismatches that were settled before a time.
-- Writes mismatches. Binds store, before_utc.
DELETE FROM mismatches
WHERE store = :store AND settled_at_utc < :before_utc
