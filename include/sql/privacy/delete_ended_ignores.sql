-- Forgets that a mismatch was to be ignored until a time that is over.
-- Writes ignored_mismatches. Binds store, now_utc.
DELETE FROM ignored_mismatches
WHERE store = :store AND until_utc <= :now_utc
