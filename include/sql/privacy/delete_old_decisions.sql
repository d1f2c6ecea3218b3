-- Forgets who decided what before a time; what was decided still holds.
-- Writes decisions. Binds store, before_utc.
DELETE FROM decisions
WHERE store = :store AND decided_at_utc < :before_utc
