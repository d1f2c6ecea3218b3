-- The members who are a person: by an address, by an id, or as whom a customer is known.
-- Reads members, matches, links. Binds store; email_keys, customer_ids and member_ids (lists). One
-- row per member.
SELECT
    n.member_id,
    n.email,
    n.email_key,
    n.card,
    n.phone,
    n.external_id
FROM members AS n
WHERE
    n.store = :store
    AND n.member_id IN (
        SELECT own.member_id
        FROM members AS own
        WHERE own.store = :store AND own.email_key IN (:email_keys)
        UNION
        SELECT asked.member_id
        FROM members AS asked
        WHERE asked.store = :store AND asked.member_id IN (:member_ids)
        UNION
        SELECT m.member_id
        FROM matches AS m
        WHERE m.store = :store AND m.customer_id IN (:customer_ids)
        UNION
        SELECT l.member_id
        FROM links AS l
        WHERE l.store = :store AND l.customer_id IN (:customer_ids)
    )
