-- What Gorgias last accepted from us for a customer.
-- Reads pushed_cards. Binds store, customer_id. One row per destination.
SELECT
    destination,
    fingerprint,
    is_member,
    points_balance,
    pushed_at_utc
FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id
ORDER BY destination ASC
