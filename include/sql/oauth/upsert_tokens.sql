-- Keeps the newest tokens of an OAuth2 connection, encrypted. The refresh token in it may be the
-- only one that still works, so this is written before the access token is used.
-- Writes oauth_tokens. Binds conn_id, tokens, expires_at_utc.
INSERT INTO oauth_tokens (conn_id, tokens, expires_at_utc)
VALUES (:conn_id, :tokens, :expires_at_utc)
ON CONFLICT (conn_id) DO UPDATE
    SET
        tokens = excluded.tokens,
        expires_at_utc = excluded.expires_at_utc
