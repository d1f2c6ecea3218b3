-- One customer of the helpdesk, and what the last match made of it.
-- Reads customers, matches, links, unmatched_customers. Binds store, customer_id. No row or one.
SELECT
    c.customer_id,
    c.email,
    c.email_key,
    c.email_state,
    c.name,
    c.external_id,
    c.read_at_utc,
    c.gone_at_utc,
    m.member_id,
    m.rule,
    l.member_id AS linked_member_id,
    l.confirmed_by,
    u.outcome,
    u.since_utc
FROM customers AS c
LEFT JOIN matches AS m ON c.store = m.store AND c.customer_id = m.customer_id
LEFT JOIN links AS l ON c.store = l.store AND c.customer_id = l.customer_id
LEFT JOIN unmatched_customers AS u ON c.store = u.store AND c.customer_id = u.customer_id
WHERE c.store = :store AND c.customer_id = :customer_id
