-- The customers with an id, a ticket of that number, or a member of that id.
-- Reads customers, tickets, matches. Binds store, customer_id (0: none), member_id. One row per
-- customer, fifty at most.
SELECT
    c.customer_id,
    c.name,
    c.email,
    c.gone_at_utc
FROM customers AS c
WHERE
    c.store = :store
    AND c.customer_id IN (
        SELECT CAST(:customer_id AS BIGINT)
        UNION ALL
        SELECT t.customer_id
        FROM tickets AS t
        WHERE t.store = :store AND t.ticket_id = :customer_id
        UNION ALL
        SELECT m.customer_id
        FROM matches AS m
        WHERE m.store = :store AND m.member_id = :member_id
    )
ORDER BY c.customer_id ASC
LIMIT 50
