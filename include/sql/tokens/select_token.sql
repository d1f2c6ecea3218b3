-- The token by its public part, whether revoked or not.
-- Reads api_tokens. Binds token_id. No row or one.
SELECT
    store,
    opens,
    secret_hash,
    revoked_at_utc
FROM api_tokens
WHERE token_id = :token_id
