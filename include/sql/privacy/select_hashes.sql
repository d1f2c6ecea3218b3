-- The erased people of a store.
-- Reads erased_people. Binds store. One row per address or id.
SELECT person_hash
FROM erased_people
WHERE store = :store
