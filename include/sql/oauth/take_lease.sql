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
RETURNING conn_id
