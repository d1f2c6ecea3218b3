-- name: drop_customers_in_scope
-- Removes the view of the customers to decide on, so that this match can make its own.
-- Writes nothing else. No binds.
DROP VIEW IF EXISTS customers_in_scope;

-- name: drop_members_in_scope
-- Removes the view of the members to decide on, so that this match can make its own.
-- Writes nothing else. No binds.
DROP VIEW IF EXISTS members_in_scope;

-- name: create_customers_in_scope_all
-- Full match: every customer is to be decided on. A view, because a copy of a million rows would
-- cost as much as the match itself.
-- Reads customers. No binds: a view cannot have any, so its readers filter by store.
CREATE TEMPORARY VIEW customers_in_scope AS
SELECT
    store,
    customer_id,
    email_key,
    email_state,
    gone_at_utc
FROM customers;

-- name: create_members_in_scope_all
-- Full match: every member is to be decided on.
-- Reads members. No binds: a view cannot have any, so its readers filter by store.
CREATE TEMPORARY VIEW members_in_scope AS
SELECT
    store,
    member_id,
    email_key,
    email_state,
    status,
    gone_at_utc
FROM members;

-- name: delete_touched_all
-- Consumes everything touched: a full match looks at every row. Runs before the data is read, so
-- that what is touched later is kept for later.
-- Writes touched. Binds store.
DELETE FROM touched
WHERE store = :store;

-- name: create_customers_in_scope_reached
-- Incremental match: the customers that a change can reach.
-- CROSS JOIN keeps SQLite from scanning all customers: it has no statistics of temporary tables.
-- Reads scope_customers, customers. No binds: its readers filter by store.
CREATE TEMPORARY VIEW customers_in_scope AS
SELECT
    c.store,
    c.customer_id,
    c.email_key,
    c.email_state,
    c.gone_at_utc
FROM scope_customers AS s
CROSS JOIN customers AS c
WHERE c.customer_id = s.customer_id;

-- name: create_members_in_scope_reached
-- Incremental match: the members that a change can reach.
-- CROSS JOIN keeps SQLite from scanning all members: it has no statistics of temporary tables.
-- Reads scope_members, members. No binds: its readers filter by store.
CREATE TEMPORARY VIEW members_in_scope AS
SELECT
    m.store,
    m.member_id,
    m.email_key,
    m.email_state,
    m.status,
    m.gone_at_utc
FROM scope_members AS s
CROSS JOIN members AS m
WHERE m.member_id = s.member_id;

-- name: start_scope_keys
-- The e-mail keys that somebody touched: where an incremental match begins (round 0).
-- Reads touched, writes scope_keys. Binds store.
INSERT INTO scope_keys (email_key, round)
SELECT
    value,
    0 AS round
FROM touched
WHERE store = :store AND kind = 'email_key';

-- name: start_scope_customers
-- The customers that somebody touched: where an incremental match begins (round 0).
-- Reads touched, writes scope_customers. Binds store.
INSERT INTO scope_customers (customer_id, round)
SELECT
    CAST(value AS BIGINT) AS customer_id,
    0 AS round
FROM touched
WHERE store = :store AND kind = 'customer';

-- name: start_scope_members
-- The members that somebody touched: where an incremental match begins (round 0).
-- Reads touched, writes scope_members. Binds store.
INSERT INTO scope_members (member_id, round)
SELECT
    value,
    0 AS round
FROM touched
WHERE store = :store AND kind = 'member';

-- name: start_scope_cards
-- The members of whom somebody touched nothing but the card.
-- Reads touched, writes scope_cards. Binds store.
INSERT INTO scope_cards (member_id)
SELECT value
FROM touched
WHERE store = :store AND kind = 'card';

-- name: delete_touched_taken
-- Consumes what this incremental match has taken into its scope, and nothing that another process
-- touched in the meantime. Runs before the data is read: what is touched later is kept for later.
-- Reads scope_keys, scope_customers, scope_members, scope_cards; writes touched. Binds store.
DELETE FROM touched
WHERE
    store = :store
    AND (
        (kind = 'email_key' AND value IN (SELECT email_key FROM scope_keys))
        OR (
            kind = 'customer'
            AND CAST(value AS BIGINT) IN (SELECT customer_id FROM scope_customers)
        )
        OR (kind = 'member' AND value IN (SELECT member_id FROM scope_members))
        OR (kind = 'card' AND value IN (SELECT member_id FROM scope_cards))
    );

-- name: expand_scope_keys
-- One step outwards: the e-mail keys of the customers and members that the last round reached.
-- Reads scope_customers, scope_members, customers, customer_channels, members; writes scope_keys.
-- Binds store, last_round, this_round.
INSERT INTO scope_keys (email_key, round)
SELECT
    reached.email_key,
    :this_round AS round
FROM (
    SELECT c.email_key
    FROM scope_customers AS s
    CROSS JOIN customers AS c
    WHERE s.round = :last_round AND c.store = :store AND c.customer_id = s.customer_id
    UNION
    SELECT ch.email_key
    FROM scope_customers AS s
    CROSS JOIN customer_channels AS ch
    WHERE s.round = :last_round AND ch.store = :store AND ch.customer_id = s.customer_id
    UNION
    SELECT m.email_key
    FROM scope_members AS s
    CROSS JOIN members AS m
    WHERE s.round = :last_round AND m.store = :store AND m.member_id = s.member_id
) AS reached
WHERE reached.email_key IS NOT NULL
ON CONFLICT (email_key) DO NOTHING;

-- name: expand_scope_customers
-- One step outwards: the customers that hold a key of the last round, are linked to a member of it,
-- or were matched to one. Those matched before lose or keep their match together with the member.
-- Reads scope_keys, scope_members, customers, customer_channels, links, matches;
-- writes scope_customers. Binds store, last_round, this_round.
INSERT INTO scope_customers (customer_id, round)
SELECT
    reached.customer_id,
    :this_round AS round
FROM (
    SELECT c.customer_id
    FROM scope_keys AS s
    CROSS JOIN customers AS c
    WHERE s.round = :last_round AND c.store = :store AND c.email_key = s.email_key
    UNION
    SELECT ch.customer_id
    FROM scope_keys AS s
    CROSS JOIN customer_channels AS ch
    WHERE s.round = :last_round AND ch.store = :store AND ch.email_key = s.email_key
    UNION
    SELECT l.customer_id
    FROM links AS l
    WHERE
        l.store = :store
        AND l.member_id IN (
            SELECT s.member_id FROM scope_members AS s
            WHERE s.round = :last_round
        )
    UNION
    SELECT mt.customer_id
    FROM scope_members AS s
    CROSS JOIN matches AS mt
    WHERE s.round = :last_round AND mt.store = :store AND mt.member_id = s.member_id
) AS reached
WHERE TRUE
ON CONFLICT (customer_id) DO NOTHING;

-- name: expand_scope_members
-- One step outwards: the members that hold a key of the last round, are linked to a customer of it,
-- or were matched to one.
-- Reads scope_keys, scope_customers, members, links, matches; writes scope_members.
-- Binds store, last_round, this_round.
INSERT INTO scope_members (member_id, round)
SELECT
    reached.member_id,
    :this_round AS round
FROM (
    SELECT m.member_id
    FROM scope_keys AS s
    CROSS JOIN members AS m
    WHERE s.round = :last_round AND m.store = :store AND m.email_key = s.email_key
    UNION
    SELECT l.member_id
    FROM scope_customers AS s
    CROSS JOIN links AS l
    WHERE s.round = :last_round AND l.store = :store AND l.customer_id = s.customer_id
    UNION
    SELECT mt.member_id
    FROM scope_customers AS s
    CROSS JOIN matches AS mt
    WHERE s.round = :last_round AND mt.store = :store AND mt.customer_id = s.customer_id
) AS reached
WHERE TRUE
ON CONFLICT (member_id) DO NOTHING;
