-- Remembers something of a store besides its settings.
-- Writes store_state. Binds store, key, content, now_utc.
INSERT INTO store_state (store, key, content, updated_at_utc)
VALUES (:store, :key, :content, :now_utc)
ON CONFLICT (store, key) DO UPDATE
    SET content = excluded.content, updated_at_utc = excluded.updated_at_utc
