-- Keeps a new token: its hash, never the token itself.
-- Writes api_tokens. Binds token_id, store, opens, secret_hash, label, made_by, now_utc.
INSERT INTO api_tokens (token_id, store, opens, secret_hash, label, made_by, made_at_utc)
VALUES (:token_id, :store, :opens, :secret_hash, :label, :made_by, :now_utc)
