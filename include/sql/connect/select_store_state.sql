-- What is known of a store besides its settings, by its key.
-- Reads store_state. Binds store, key. One row, none when nothing is known.
SELECT content
FROM store_state
WHERE store = :store AND key = :key
