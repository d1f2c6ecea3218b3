-- The e-mail keys that somebody touched: where an incremental match begins (round 0).
-- Reads touched, writes scope_keys. Binds store.
INSERT INTO scope_keys (email_key, round)
SELECT
    value,
    0 AS round
FROM touched
WHERE store = :store AND kind = 'email_key'
