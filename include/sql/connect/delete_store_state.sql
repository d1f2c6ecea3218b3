-- Forgets something of a store.
-- Writes store_state. Binds store, key.
DELETE FROM store_state
WHERE store = :store AND key = :key
