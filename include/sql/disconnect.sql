-- name: count_waiting_awards
-- Awards that are neither booked nor refused yet, which a disconnect would leave waiting.
-- Reads awards. Binds store. One row.
SELECT COUNT(*) AS waiting
FROM awards
WHERE store = :store AND state IN ('queued', 'needs_approval', 'approved', 'applying');

-- name: count_pushed_cards
-- How many cards of ours stand in Gorgias.
-- Reads pushed_cards. Binds store. One row.
SELECT COUNT(*) AS cards
FROM pushed_cards
WHERE store = :store AND fingerprint <> 'none';

-- name: select_cards_to_clear
-- Cards that Gorgias last accepted from us, to be cleared; who was cleared, or whose card was taken
-- away, is not among them.
-- Reads pushed_cards. Binds store, most. One row per customer and destination.
SELECT
    customer_id,
    destination,
    version_utc
FROM pushed_cards
WHERE store = :store AND fingerprint <> 'none'
ORDER BY customer_id, destination
LIMIT :most;

-- name: forget_shown_card
-- Notes that Gorgias shows no card of ours to a customer any more. Which fields hold a value was
-- not read then, so it is not known as of that time.
-- Writes customers. Binds store, customer_id, now_utc.
UPDATE customers
SET
    shown_fingerprint = 'none',
    field_ids = NULL,
    read_at_utc = :now_utc
WHERE store = :store AND customer_id = :customer_id;
