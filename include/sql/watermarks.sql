-- name: select_watermark
-- Where the next read of a source resumes.
-- Reads watermarks. Binds store, source. One row, or none before the first read.
SELECT
    since,
    full_scan_at_utc
FROM watermarks
WHERE store = :store AND source = :source;

-- name: upsert_watermark
-- Keeps where the next read resumes; a NULL leaves the stored value as it is.
-- Writes watermarks. Binds store, source, since, full_scan_at_utc.
INSERT INTO watermarks (store, source, since, full_scan_at_utc)
VALUES (:store, :source, :since, :full_scan_at_utc)
ON CONFLICT (store, source) DO UPDATE
    SET
        since = COALESCE(excluded.since, watermarks.since),
        full_scan_at_utc = COALESCE(excluded.full_scan_at_utc, watermarks.full_scan_at_utc);

-- name: delete_watermarks
-- Forgets where the reads of a store resume, so that the next ones are whole.
-- Writes watermarks. Binds store, reconcile (what is no read, and stays).
DELETE FROM watermarks
WHERE store = :store AND source <> :reconcile;
