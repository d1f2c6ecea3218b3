-- Remembers an object that we made in Gorgias, or its new id.
-- Writes gorgias_objects. Binds store, kind, key, gorgias_id.
INSERT INTO gorgias_objects (store, kind, key, gorgias_id)
VALUES (:store, :kind, :key, :gorgias_id)
ON CONFLICT (store, kind, key) DO UPDATE
    SET gorgias_id = excluded.gorgias_id
