-- name: insert_token
-- Keeps a new token: its hash, never the token itself.
-- Writes api_tokens. Binds token_id, store, opens, secret_hash, label, made_by, now_utc, owner,
-- ceilings (JSON).
INSERT INTO api_tokens (
    token_id, store, opens, secret_hash, label, made_by, made_at_utc, owner, ceilings
)
VALUES (
    :token_id, :store, :opens, :secret_hash, :label, :made_by, :now_utc, :owner, :ceilings
);

-- name: select_token
-- The token by its public part, whether it is over or not.
-- Reads api_tokens. Binds token_id. No row or one.
SELECT
    token_id,
    store,
    opens,
    secret_hash,
    label,
    revoked_at_utc,
    ends_at_utc,
    ceilings,
    COALESCE(owner, made_by) AS owned_by
FROM api_tokens
WHERE token_id = :token_id;

-- name: select_tokens
-- The tokens of a store, the newest first.
-- Reads api_tokens. Binds store. One row per token.
SELECT
    token_id,
    opens,
    label,
    made_by,
    made_at_utc,
    revoked_by,
    revoked_at_utc,
    ends_at_utc,
    ceilings,
    COALESCE(owner, made_by) AS owned_by
FROM api_tokens
WHERE store = :store
ORDER BY made_at_utc DESC, token_id ASC;

-- name: end_token
-- Gives a token that is in use an end, unless it has one.
-- Writes api_tokens. Binds store, token_id, ends_at_utc.
UPDATE api_tokens
SET ends_at_utc = :ends_at_utc
WHERE
    store = :store
    AND token_id = :token_id
    AND revoked_at_utc IS NULL
    AND ends_at_utc IS NULL;

-- name: revoke_token
-- Revokes a token for good.
-- Writes api_tokens. Binds store, token_id, revoked_by, now_utc.
UPDATE api_tokens
SET
    revoked_by = :revoked_by,
    revoked_at_utc = :now_utc
WHERE store = :store AND token_id = :token_id AND revoked_at_utc IS NULL;
