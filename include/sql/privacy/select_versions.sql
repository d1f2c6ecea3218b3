-- The version of the last card that Gorgias took, as the next write has to be newer.
-- Reads pushed_cards. Binds store, customer_id, destination. No row or one.
SELECT version_utc
FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id AND destination = :destination
