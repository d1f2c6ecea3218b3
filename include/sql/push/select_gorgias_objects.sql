-- What we made in Gorgias for a store, of one kind.
-- Reads gorgias_objects. Binds store, kind. One row per object.
SELECT
    key,
    gorgias_id
FROM gorgias_objects
WHERE store = :store AND kind = :kind
