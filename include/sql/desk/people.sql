-- name: find_customers_by_key
-- The customers with an e-mail address, as their own or a further one.
-- Reads customers, customer_channels. Binds store, email_key. One row per customer, fifty at most.
WITH holders AS (
    SELECT own.customer_id
    FROM customers AS own
    WHERE own.store = :store AND own.email_key = :email_key
    UNION
    SELECT channels.customer_id
    FROM customer_channels AS channels
    WHERE channels.store = :store AND channels.email_key = :email_key
)

SELECT
    c.customer_id,
    c.name,
    c.email,
    c.gone_at_utc
FROM holders AS h
INNER JOIN customers AS c ON h.customer_id = c.customer_id
WHERE c.store = :store
ORDER BY c.customer_id ASC
LIMIT 50;

-- name: find_customers_by_id
-- The customers with an id, or with a ticket of that number: one that is recent, or on which a
-- lookup found nobody.
-- Reads customers, tickets, lookups_not_found. Binds store, customer_id. One row per customer.
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
        SELECT n.customer_id
        FROM lookups_not_found AS n
        WHERE n.store = :store AND n.ticket_id = :customer_id AND n.customer_id IS NOT NULL
    )
ORDER BY c.customer_id ASC;

-- name: find_customers_by_name
-- The customers whose name may be the one: more are told than it is, as the database knows capitals
-- of ASCII letters alone.
-- Reads customers. Binds store, first, second, third (patterns), most. One row per customer.
SELECT
    customer_id,
    name,
    email,
    gone_at_utc
FROM customers
WHERE
    store = :store
    AND LOWER(name) LIKE :first
    AND LOWER(name) LIKE :second
    AND LOWER(name) LIKE :third
ORDER BY customer_id ASC
LIMIT :most;

-- name: find_customers_of_members
-- The customers who are matched or linked to some members.
-- Reads customers, matches, links. Binds store, member_ids (a list). One row per customer, fifty at
-- most.
SELECT
    c.customer_id,
    c.name,
    c.email,
    c.gone_at_utc
FROM customers AS c
WHERE
    c.store = :store
    AND c.customer_id IN (
        SELECT m.customer_id
        FROM matches AS m
        WHERE m.store = :store AND m.member_id IN (:member_ids)
        UNION ALL
        SELECT l.customer_id
        FROM links AS l
        WHERE l.store = :store AND l.member_id IN (:member_ids)
    )
ORDER BY c.customer_id ASC
LIMIT 50;

-- name: find_members_by_name
-- The members whose name may be the one, as `find_customers_by_name`; a look at the whole card
-- first spares reading most of them.
-- Reads members. Binds store, first, second, third (patterns), most. One row per member.
SELECT
    member_id,
    email,
    status,
    card,
    gone_at_utc
FROM members
WHERE
    store = :store
    AND LOWER(card) LIKE :first
    AND LOWER(JSON(card) ->> 'name') LIKE :first
    AND LOWER(JSON(card) ->> 'name') LIKE :second
    AND LOWER(JSON(card) ->> 'name') LIKE :third
ORDER BY member_id ASC
LIMIT :most;

-- name: find_members_of_customers
-- The members to whom some customers are matched or linked, and those with some ids: all in one
-- list, as PostgreSQL reads every member for an OR of two.
-- Reads members, matches, links. Binds store; customer_ids and member_ids (lists). One row per
-- member, fifty at most.
SELECT
    n.member_id,
    n.email,
    n.status,
    n.card,
    n.gone_at_utc
FROM members AS n
WHERE
    n.store = :store
    AND n.member_id IN (
        SELECT own.member_id
        FROM members AS own
        WHERE own.store = :store AND own.member_id IN (:member_ids)
        UNION ALL
        SELECT m.member_id
        FROM matches AS m
        WHERE m.store = :store AND m.customer_id IN (:customer_ids)
        UNION ALL
        SELECT l.member_id
        FROM links AS l
        WHERE l.store = :store AND l.customer_id IN (:customer_ids)
    )
ORDER BY n.member_id ASC
LIMIT 50;

-- name: find_any_member
-- Whether any member was read.
-- Reads members. Binds store. No row or one.
SELECT member_id
FROM members
WHERE store = :store
ORDER BY member_id ASC
LIMIT 1;

-- name: find_members_by_key
-- The members with an e-mail address.
-- Reads members. Binds store, email_key. One row per member, fifty at most.
SELECT
    member_id,
    email,
    status,
    card,
    changed_at_utc,
    gone_at_utc
FROM members
WHERE store = :store AND email_key = :email_key
ORDER BY member_id ASC
LIMIT 50;

-- name: select_customer
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
    c.language,
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
WHERE c.store = :store AND c.customer_id = :customer_id;

-- name: select_member
-- One member of the platform, and what the last match made of it.
-- Reads members, unmatched_members. Binds store, member_id. No row or one.
SELECT
    m.member_id,
    m.email,
    m.email_key,
    m.email_state,
    m.status,
    m.external_id,
    m.card,
    m.card_fingerprint,
    m.changed_at_utc,
    m.gone_at_utc,
    u.outcome,
    u.since_utc
FROM members AS m
LEFT JOIN unmatched_members AS u ON m.store = u.store AND m.member_id = u.member_id
WHERE m.store = :store AND m.member_id = :member_id;

-- name: select_channels
-- The further e-mail addresses of a customer.
-- Reads customer_channels. Binds store, customer_id. One row per address.
SELECT email_key
FROM customer_channels
WHERE store = :store AND customer_id = :customer_id
ORDER BY email_key ASC;

-- name: select_tickets
-- The newest recent tickets of a customer.
-- Reads tickets. Binds store, customer_id. One row per ticket, the newest first, twenty at most.
SELECT
    ticket_id,
    status,
    updated_at_utc
FROM tickets
WHERE store = :store AND customer_id = :customer_id
ORDER BY updated_at_utc DESC, ticket_id DESC
LIMIT 20;

-- name: select_pushed_cards
-- What Gorgias last accepted from us for a customer.
-- Reads pushed_cards. Binds store, customer_id. One row per destination.
SELECT
    destination,
    fingerprint,
    is_member,
    points_balance,
    pushed_at_utc
FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id
ORDER BY destination ASC;

-- name: select_changes
-- The runs that touched a customer, the newest first, twenty at most.
-- Reads runs, changes. Binds store, customer_id. One row per run and destination.
SELECT
    r.run_id,
    r.started_at_utc,
    c.destination,
    c.kind,
    c.outcome,
    c.state,
    c.error,
    c.changed_at_utc
FROM runs AS r
INNER JOIN changes AS c
    ON
        r.store = c.store
        AND r.run_id = c.run_id
        AND c.customer_id = :customer_id
WHERE r.store = :store
ORDER BY r.started_at_utc DESC, c.destination ASC
LIMIT 20;

-- name: select_suggestions_of
-- Who a customer may be, the surest first, also those that a person refused.
-- Reads suggestions, members, refused_suggestions. Binds store, customer_id. One row per member.
SELECT
    s.member_id,
    s.score,
    s.reasons,
    m.email,
    m.status,
    m.card,
    m.changed_at_utc,
    m.gone_at_utc,
    CASE WHEN r.member_id IS NULL THEN 0 ELSE 1 END AS is_refused
FROM suggestions AS s
LEFT JOIN members AS m ON s.store = m.store AND s.member_id = m.member_id
LEFT JOIN refused_suggestions AS r
    ON
        s.store = r.store
        AND s.customer_id = r.customer_id
        AND s.member_id = r.member_id
WHERE s.store = :store AND s.customer_id = :customer_id
ORDER BY s.score DESC, s.member_id ASC;

-- name: select_suggested_customers
-- Which customers a member may be, the surest first, also those that a person refused.
-- Reads suggestions, customers, refused_suggestions, links. Binds store, member_id. One row per
-- customer.
SELECT
    s.customer_id,
    s.score,
    s.reasons,
    c.name,
    c.email,
    CASE WHEN r.member_id IS NULL THEN 0 ELSE 1 END AS is_refused,
    CASE WHEN l.member_id = s.member_id THEN 1 ELSE 0 END AS is_linked
FROM suggestions AS s
INNER JOIN customers AS c ON s.store = c.store AND s.customer_id = c.customer_id
LEFT JOIN refused_suggestions AS r
    ON
        s.store = r.store
        AND s.customer_id = r.customer_id
        AND s.member_id = r.member_id
LEFT JOIN links AS l ON s.store = l.store AND s.customer_id = l.customer_id
WHERE s.store = :store AND s.member_id = :member_id
ORDER BY s.score DESC, s.customer_id ASC;
