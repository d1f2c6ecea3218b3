-- Forgets the failure of a stage that is tried again.
-- Writes runs. Binds store, run_id, stage.
UPDATE runs
SET failure = NULL
WHERE store = :store AND run_id = :run_id AND failure LIKE :stage || ': %'
