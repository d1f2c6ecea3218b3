-- name: delete_scan_seen
-- Forgets which ids a full scan saw: it begins anew, or it is over.
-- Deletes from scan_seen. Binds store, source.
DELETE FROM scan_seen
WHERE store = :store AND source = :source;
