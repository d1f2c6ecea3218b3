-- Takes ids out of the rows that an extract could not use.
-- Writes rejected_records. Binds store, source, ids (a list of text).
UPDATE rejected_records
SET record_id = NULL
WHERE store = :store AND source = :source AND record_id IN (:ids)
