-- The tokens of a store, the newest first.
-- Reads api_tokens. Binds store. One row per token.
SELECT
    token_id,
    opens,
    label,
    made_by,
    made_at_utc,
    revoked_by,
    revoked_at_utc
FROM api_tokens
WHERE store = :store
ORDER BY made_at_utc DESC, token_id ASC
