-- name: select_gorgias_objects
-- What we made in Gorgias for a store, of one kind.
-- Reads gorgias_objects. Binds store, kind. One row per object.
SELECT
    key,
    gorgias_id
FROM gorgias_objects
WHERE store = :store AND kind = :kind;

-- name: upsert_gorgias_object
-- Remembers an object that we made in Gorgias, or its new id.
-- Writes gorgias_objects. Binds store, kind, key, gorgias_id.
INSERT INTO gorgias_objects (store, kind, key, gorgias_id)
VALUES (:store, :kind, :key, :gorgias_id)
ON CONFLICT (store, kind, key) DO UPDATE
    SET gorgias_id = excluded.gorgias_id;

-- name: delete_gorgias_object
-- Forgets an object that we made in Gorgias, once it is gone there.
-- Writes gorgias_objects. Binds store, kind, key.
DELETE FROM gorgias_objects
WHERE store = :store AND kind = :kind AND key = :key;
