-- Consumes everything touched: a full match looks at every row. Runs before the data is read, so
-- that what is touched later is kept for later.
-- Writes touched. Binds store.
DELETE FROM touched
WHERE store = :store
