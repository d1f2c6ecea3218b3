-- Has a mismatch reported again.
-- Writes ignored_mismatches. Binds store, side, subject_id.
DELETE FROM ignored_mismatches
WHERE store = :store AND side = :side AND subject_id = :subject_id
