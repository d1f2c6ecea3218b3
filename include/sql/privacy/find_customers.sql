-- The customers who are a person: by an address, by an id, or as whom a member is known.
-- Reads customers, customer_channels, matches, links. Binds store; email_keys, customer_ids and
-- member_ids (lists). One row per customer.
SELECT
    c.customer_id,
    c.email,
    c.email_key,
    c.name,
    c.external_id
FROM customers AS c
WHERE
    c.store = :store
    AND c.customer_id IN (
        SELECT own.customer_id
        FROM customers AS own
        WHERE own.store = :store AND own.email_key IN (:email_keys)
        UNION
        SELECT asked.customer_id
        FROM customers AS asked
        WHERE asked.store = :store AND asked.customer_id IN (:customer_ids)
        UNION
        SELECT channels.customer_id
        FROM customer_channels AS channels
        WHERE channels.store = :store AND channels.email_key IN (:email_keys)
        UNION
        SELECT m.customer_id
        FROM matches AS m
        WHERE m.store = :store AND m.member_id IN (:member_ids)
        UNION
        SELECT l.customer_id
        FROM links AS l
        WHERE l.store = :store AND l.member_id IN (:member_ids)
    )
