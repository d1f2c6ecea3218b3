-- name: select_tokens
-- The newest tokens of an OAuth2 connection, encrypted.
-- Reads oauth_tokens. Binds conn_id. One row, or none before the first refresh.
SELECT tokens
FROM oauth_tokens
WHERE conn_id = :conn_id;

-- name: select_all_tokens
-- All tokens, encrypted, without who renews them now: which connection they are of stands inside.
-- Reads oauth_tokens. One row per OAuth2 connection, and one more per id that it had before.
SELECT tokens
FROM oauth_tokens
WHERE conn_id NOT LIKE '% (lease)';

-- name: take_lease
-- Takes the right to refresh a connection's tokens, unless another process has it: two refreshes
-- with the same token could make both results void. The lease is a row beside the tokens whose
-- `tokens` names its holder; it ends by itself when the holder dies.
-- Writes oauth_tokens. Binds lease_id, holder, until_utc, now_utc.
-- One row when the lease was taken, none when another process holds it.
INSERT INTO oauth_tokens (conn_id, tokens, expires_at_utc)
VALUES (:lease_id, :holder, :until_utc)
ON CONFLICT (conn_id) DO UPDATE
    SET
        tokens = excluded.tokens,
        expires_at_utc = excluded.expires_at_utc
    WHERE oauth_tokens.expires_at_utc < :now_utc
RETURNING conn_id;

-- name: upsert_tokens
-- Keeps the newest tokens of an OAuth2 connection, encrypted. The refresh token in it may be the
-- only one that still works, so this is written before the access token is used.
-- Writes oauth_tokens. Binds conn_id, tokens, expires_at_utc.
INSERT INTO oauth_tokens (conn_id, tokens, expires_at_utc)
VALUES (:conn_id, :tokens, :expires_at_utc)
ON CONFLICT (conn_id) DO UPDATE
    SET
        tokens = excluded.tokens,
        expires_at_utc = excluded.expires_at_utc;

-- name: release_lease
-- Gives back the right to refresh, if it is still ours.
-- Writes oauth_tokens. Binds lease_id, holder.
DELETE FROM oauth_tokens
WHERE conn_id = :lease_id AND tokens = :holder;
