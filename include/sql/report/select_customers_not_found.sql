-- The customers with recent tickets and no member whom somebody should look at first: the newest
-- ticket on top.
-- Reads unmatched_customers, tickets. Binds store, how_many. One row per customer.
WITH seen AS (
    SELECT
        customer_id,
        ticket_id,
        updated_at_utc,
        COUNT(*) OVER (PARTITION BY customer_id) AS ticket_count,
        ROW_NUMBER() OVER (
            PARTITION BY customer_id
            ORDER BY updated_at_utc DESC, ticket_id DESC
        ) AS newest_first
    FROM tickets
    WHERE store = :store
)

SELECT
    unmatched_customers.customer_id,
    unmatched_customers.since_utc,
    seen.ticket_id AS newest_ticket_id,
    seen.updated_at_utc AS newest_ticket_utc,
    seen.ticket_count
FROM unmatched_customers
INNER JOIN seen
    ON unmatched_customers.customer_id = seen.customer_id AND seen.newest_first = 1
WHERE
    unmatched_customers.store = :store
    AND unmatched_customers.outcome = 'customer_not_found'
ORDER BY seen.updated_at_utc DESC, unmatched_customers.customer_id ASC
LIMIT :how_many
