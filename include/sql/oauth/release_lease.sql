-- Gives back the right to refresh, if it is still ours.
-- Writes oauth_tokens. Binds lease_id, holder.
DELETE FROM oauth_tokens
WHERE conn_id = :lease_id AND tokens = :holder
