-- Forgets a run.
-- Writes rejected_records. Binds store, run_id.
DELETE FROM rejected_records
WHERE store = :store AND run_id = :run_id
