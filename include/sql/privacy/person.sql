-- name: find_customers
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
    );

-- name: find_members
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
    );

-- name: find_former
-- Whose addresses, customers or ids tell who somebody was on a platform that the store left, with
-- everything that tells it; further addresses of customers too.
-- Reads former_members, customer_channels. Binds store; email_keys, customer_ids, customer_texts,
-- member_ids (lists). One row per thing that tells it.
SELECT
    f.member_id,
    f.kind,
    f.value
FROM former_members AS f
WHERE
    f.store = :store
    AND f.member_id IN (
        SELECT asked.member_id
        FROM former_members AS asked
        WHERE asked.store = :store AND asked.member_id IN (:member_ids)
        UNION
        SELECT known.member_id
        FROM former_members AS known
        WHERE
            known.store = :store
            AND known.kind = 'email_key'
            AND known.value IN (:email_keys)
        UNION
        SELECT further.member_id
        FROM former_members AS further
        INNER JOIN customer_channels AS channels
            ON further.store = channels.store AND further.value = channels.email_key
        WHERE
            further.store = :store
            AND further.kind = 'email_key'
            AND channels.customer_id IN (:customer_ids)
        UNION
        SELECT paired.member_id
        FROM former_members AS paired
        WHERE
            paired.store = :store
            AND paired.kind = 'customer'
            AND paired.value IN (:customer_texts)
        UNION
        SELECT later.member_id
        FROM former_members AS later
        WHERE
            later.store = :store
            AND later.kind = 'member'
            AND later.value IN (:member_ids)
    );

-- name: find_awards
-- The awards for a person.
-- Reads awards. Binds store; email_keys and member_ids (lists). One row per award.
SELECT
    award_id,
    state,
    ticket_id
FROM awards
WHERE
    store = :store
    AND (
        subject IN (:email_keys)
        OR subject IN (:member_ids)
        OR email IN (:email_keys)
        OR member_id IN (:member_ids)
    );

-- name: find_tickets
-- The tickets of customers, also those on which a lookup found nobody.
-- Reads tickets, further_tickets, lookups_not_found. Binds store, customer_ids (a list).
-- One row per ticket.
SELECT ticket_id
FROM tickets
WHERE store = :store AND customer_id IN (:customer_ids)
UNION
SELECT ticket_id
FROM further_tickets
WHERE store = :store AND customer_id IN (:customer_ids)
UNION
SELECT ticket_id
FROM lookups_not_found
WHERE store = :store AND customer_id IN (:customer_ids);

-- name: select_shown
-- Where Gorgias took cards of a customer, with the version that the next write has to be above.
-- Reads pushed_cards. Binds store, customer_id. One row per destination.
SELECT
    destination,
    version_utc
FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id;
