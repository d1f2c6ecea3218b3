-- Customers whose further e-mail addresses are worth one look-up each: recent tickets, no member at
-- the primary address, and not looked up since the customer last changed. Newest ticket first,
-- because an agent is likely to open it next.
-- Reads customers, tickets, members, links. Binds store, lookups. One row per customer.
SELECT
    customers.customer_id,
    MAX(tickets.updated_at_utc) AS newest_ticket_utc
FROM customers
INNER JOIN tickets
    ON customers.store = tickets.store AND customers.customer_id = tickets.customer_id
WHERE
    customers.store = :store
    AND customers.gone_at_utc IS NULL
    AND (
        customers.channels_read_at_utc IS NULL
        OR customers.channels_read_at_utc < customers.updated_at_utc
    )
    AND NOT EXISTS (
        SELECT 1 FROM members
        WHERE
            members.store = customers.store
            AND members.email_key = customers.email_key
            AND members.gone_at_utc IS NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM links
        WHERE links.store = customers.store AND links.customer_id = customers.customer_id
    )
GROUP BY customers.customer_id
ORDER BY newest_ticket_utc DESC, customers.customer_id ASC
LIMIT :lookups
