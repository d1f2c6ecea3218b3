-- Keeps that nobody wants to hear of a mismatch, until a time or for good.
-- Writes ignored_mismatches. Binds store, side, subject_id, reason, until_utc (NULL for good).
INSERT INTO ignored_mismatches (store, side, subject_id, reason, until_utc)
VALUES (:store, :side, :subject_id, :reason, :until_utc)
ON CONFLICT (store, side, subject_id) DO UPDATE
    SET
        reason = excluded.reason,
        until_utc = excluded.until_utc
