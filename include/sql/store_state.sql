-- name: select_store_state
-- What is known of a store besides its settings, by its key.
-- Reads store_state. Binds store, key. One row, none when nothing is known.
SELECT content
FROM store_state
WHERE store = :store AND key = :key;

-- name: select_store_state_time
-- When something of a store was last kept, by its key.
-- Reads store_state. Binds store, key. One row, none when nothing is known.
SELECT updated_at_utc
FROM store_state
WHERE store = :store AND key = :key;

-- name: upsert_store_state
-- Remembers something of a store besides its settings.
-- Writes store_state. Binds store, key, content, now_utc.
INSERT INTO store_state (store, key, content, updated_at_utc)
VALUES (:store, :key, :content, :now_utc)
ON CONFLICT (store, key) DO UPDATE
    SET content = excluded.content, updated_at_utc = excluded.updated_at_utc;

-- name: delete_store_state
-- Forgets something of a store.
-- Writes store_state. Binds store, key.
DELETE FROM store_state
WHERE store = :store AND key = :key;

-- name: insert_store_state
-- Remembers something of a store unless it is known: of two at once the first stays.
-- Writes store_state. Binds store, key, content, now_utc.
INSERT INTO store_state (store, key, content, updated_at_utc)
VALUES (:store, :key, :content, :now_utc)
ON CONFLICT (store, key) DO NOTHING;
