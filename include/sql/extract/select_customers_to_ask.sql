-- Customers to ask a platform about that lists no members: recent tickets, a valid address, and not
-- asked about for a while; with the one member who has the address, to be read by id.
-- Reads customers, tickets, members, member_lookups. Binds store, asked_before_utc, lookups.
-- One row per customer; who was never asked about first, then the newest ticket.
SELECT
    customers.customer_id,
    customers.email_key,
    (
        SELECT MIN(members.member_id) FROM members
        WHERE
            members.store = customers.store
            AND members.email_key = customers.email_key
            AND members.gone_at_utc IS NULL
        HAVING COUNT(*) = 1
    ) AS member_id,
    MAX(tickets.updated_at_utc) AS newest_ticket_utc
FROM customers
INNER JOIN tickets
    ON customers.store = tickets.store AND customers.customer_id = tickets.customer_id
LEFT JOIN member_lookups
    ON
        customers.store = member_lookups.store
        AND customers.customer_id = member_lookups.customer_id
WHERE
    customers.store = :store
    AND customers.gone_at_utc IS NULL
    AND customers.email_key IS NOT NULL
    AND (
        member_lookups.asked_at_utc IS NULL
        OR member_lookups.asked_at_utc < :asked_before_utc
    )
GROUP BY customers.store, customers.customer_id, customers.email_key, member_lookups.asked_at_utc
ORDER BY
    CASE WHEN member_lookups.asked_at_utc IS NULL THEN 0 ELSE 1 END ASC,
    newest_ticket_utc DESC,
    customers.customer_id ASC
LIMIT :lookups
