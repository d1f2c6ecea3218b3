-- A member's card for each customer matched to it and each destination that has one, as the push
-- reads planned changes.
-- Reads matches, customers, members, pushed_cards. Binds store, member_id, destination.
SELECT
    matches.customer_id,
    'matched' AS outcome,
    matches.member_id,
    customers.email,
    customers.other_data,
    customers.read_at_utc,
    members.card,
    members.points_balance,
    pushed_cards.version_utc,
    pushed_cards.fingerprint AS pushed_fingerprint,
    :destination AS destination
FROM matches
INNER JOIN customers
    ON matches.store = customers.store AND matches.customer_id = customers.customer_id
INNER JOIN members
    ON matches.store = members.store AND matches.member_id = members.member_id
LEFT JOIN pushed_cards
    ON
        matches.store = pushed_cards.store
        AND matches.customer_id = pushed_cards.customer_id
        AND pushed_cards.destination = :destination
WHERE
    matches.store = :store
    AND matches.member_id = :member_id
    AND customers.gone_at_utc IS NULL
ORDER BY matches.customer_id ASC
