-- Forgets the suggestions of the match before.
-- Deletes from suggestions. Binds store.
DELETE FROM suggestions
WHERE store = :store
