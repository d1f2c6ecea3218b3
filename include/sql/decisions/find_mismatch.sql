-- Whether somebody ever was a mismatch.
-- Reads mismatches. Binds store, side, subject_id. No row or one.
SELECT
    outcome,
    opened_at_utc,
    settled_at_utc,
    returned
FROM mismatches
WHERE store = :store AND side = :side AND subject_id = :subject_id
