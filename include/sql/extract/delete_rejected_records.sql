-- Forgets what an earlier try of the same read rejected, so that a repeat counts nothing twice.
-- Writes rejected_records. Binds store, run_id, source.
DELETE FROM rejected_records
WHERE store = :store AND run_id = :run_id AND source = :source
