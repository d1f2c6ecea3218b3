-- Forgets an object that we made in Gorgias, once it is gone there.
-- Writes gorgias_objects. Binds store, kind, key.
DELETE FROM gorgias_objects
WHERE store = :store AND kind = :kind AND key = :key
