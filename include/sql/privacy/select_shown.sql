-- Where Gorgias took cards of a customer, with the version that the next write has to be above.
-- Reads pushed_cards. Binds store, customer_id. One row per destination.
SELECT
    destination,
    version_utc
FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id
