-- Every customer without a member who is worth a look; those with tickets first, newest on top.
-- Leaves out not_a_member: customers who neither joined nor wrote, most of a store.
-- Reads unmatched_customers, tickets. Binds store. One row per customer.
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
    'customer' AS side,
    unmatched_customers.customer_id AS subject_id,
    unmatched_customers.outcome,
    unmatched_customers.since_utc,
    seen.ticket_id AS newest_ticket_id,
    seen.ticket_count
FROM unmatched_customers
LEFT JOIN seen
    ON unmatched_customers.customer_id = seen.customer_id AND seen.newest_first = 1
WHERE unmatched_customers.store = :store AND unmatched_customers.outcome <> 'not_a_member'
ORDER BY
    CASE WHEN seen.ticket_id IS NULL THEN 1 ELSE 0 END ASC,
    seen.updated_at_utc DESC,
    unmatched_customers.outcome ASC,
    unmatched_customers.customer_id ASC
