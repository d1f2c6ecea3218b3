-- How many rows an unfinished full scan has seen.
-- Reads scan_seen. Binds store, source. One row.
SELECT COUNT(*) AS seen
FROM scan_seen
WHERE store = :store AND source = :source
