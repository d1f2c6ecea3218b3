-- Puts rows that an interrupted try of this run left in sending back to planned. Whether their
-- write arrived is not known; writing the same card again is harmless.
-- Writes changes. Binds store, run_id.
UPDATE changes
SET state = 'planned'
WHERE store = :store AND run_id = :run_id AND state = 'sending'
