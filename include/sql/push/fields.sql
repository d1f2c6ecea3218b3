-- name: select_tiers
-- The tiers that members have, the lowest first: what the customer field offers to choose from.
-- A search for the key goes before the JSON, as a programme without tiers is asked again and again.
-- Reads members. Binds store. One row per tier.
SELECT JSON(card) ->> 'tier' AS tier
FROM members
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND card LIKE '%"tier":%'
    AND JSON(card) ->> 'tier' <> ''
GROUP BY JSON(card) ->> 'tier'
ORDER BY MIN(tier_rank) ASC, JSON(card) ->> 'tier' ASC;

-- name: forget_field_values
-- Forgets which values Gorgias last took into a customer's fields, as they are about to change.
-- Writes pushed_cards. Binds store, customer_id.
UPDATE pushed_cards
SET field_values = NULL
WHERE
    store = :store
    AND customer_id = :customer_id
    AND destination = 'custom_fields'
    AND field_values IS NOT NULL;

-- name: find_shown_field
-- Somebody who was read with a value in a field: then who was read without one has none.
-- Reads customers. Binds store. One row, or none.
SELECT customer_id
FROM customers
WHERE store = :store AND field_ids <> '[]'
ORDER BY customer_id ASC
LIMIT 1;
