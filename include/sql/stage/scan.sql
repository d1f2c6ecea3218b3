-- name: delete_scan_seen
-- Forgets which ids a full scan saw: it begins anew, or it is over.
-- Deletes from scan_seen. Binds store, source.
DELETE FROM scan_seen
WHERE store = :store AND source = :source;

-- name: count_seen
-- How many rows an unfinished full scan has seen.
-- Reads scan_seen. Binds store, source. One row.
SELECT COUNT(*) AS seen
FROM scan_seen
WHERE store = :store AND source = :source;
