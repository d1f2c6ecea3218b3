-- Cards that Gorgias last accepted from us, to be cleared; who was cleared is not among them.
-- Reads pushed_cards. Binds store, most. One row per customer and destination.
SELECT
    customer_id,
    destination,
    version_utc
FROM pushed_cards
WHERE store = :store
ORDER BY customer_id, destination
LIMIT :most
