-- The newest tokens of an OAuth2 connection, encrypted.
-- Reads oauth_tokens. Binds conn_id. One row, or none before the first refresh.
SELECT tokens
FROM oauth_tokens
WHERE conn_id = :conn_id
