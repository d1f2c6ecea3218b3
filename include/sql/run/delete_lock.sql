-- Gives the store's lock back, if this run holds it.
-- Writes locks. Binds store, run_id.
DELETE FROM locks
WHERE store = :store AND run_id = :run_id
