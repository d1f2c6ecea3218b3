-- The customers who were touched themselves (another card may be shown there now, or they wrote a
-- ticket), and those matched to a touched member (whose card may have changed).
-- Reads scope_customers, scope_members, scope_cards, matches; writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT
    :store AS store,
    reached.customer_id
FROM (
    SELECT s.customer_id
    FROM scope_customers AS s
    WHERE s.round = 0
    UNION
    SELECT mt.customer_id
    FROM scope_members AS s
    CROSS JOIN matches AS mt
    WHERE s.round = 0 AND mt.store = :store AND mt.member_id = s.member_id
    UNION
    SELECT mt.customer_id
    FROM scope_cards AS s
    CROSS JOIN matches AS mt
    WHERE mt.store = :store AND mt.member_id = s.member_id
) AS reached
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING
