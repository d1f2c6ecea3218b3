-- Where the next read of a source resumes.
-- Reads watermarks. Binds store, source. One row, or none before the first read.
SELECT
    since,
    full_scan_at_utc
FROM watermarks
WHERE store = :store AND source = :source
