-- Revokes a token for good.
-- Writes api_tokens. Binds store, token_id, revoked_by, now_utc.
UPDATE api_tokens
SET
    revoked_by = :revoked_by,
    revoked_at_utc = :now_utc
WHERE store = :store AND token_id = :token_id AND revoked_at_utc IS NULL
