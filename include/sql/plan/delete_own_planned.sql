-- Drops what an earlier try of this run planned; this try plans it anew. Rows that were sent stay.
-- Writes changes. Binds store, run_id.
DELETE FROM changes
WHERE store = :store AND run_id = :run_id AND state = 'planned'
