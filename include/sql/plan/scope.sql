-- name: drop_customers_to_plan
-- Removes the view of the customers to look at, so that this plan can make its own.
-- Writes nothing else. No binds.
DROP VIEW IF EXISTS customers_to_plan;

-- name: create_customers_to_plan_all
-- Full plan: every customer is looked at. A view, because a copy would cost as much as the plan.
-- Reads customers. No binds: a view cannot have any, so its readers filter by store.
CREATE TEMPORARY VIEW customers_to_plan AS
SELECT
    store,
    customer_id,
    shown_fingerprint,
    read_at_utc,
    gone_at_utc,
    language
FROM customers;

-- name: create_customers_to_plan_reached
-- Incremental plan: only the customers whose card may have to change.
-- CROSS JOIN keeps SQLite from scanning all customers: it has no statistics of temporary tables.
-- Reads plan_scope, customers. No binds: its readers filter by store.
CREATE TEMPORARY VIEW customers_to_plan AS
SELECT
    c.store,
    c.customer_id,
    c.shown_fingerprint,
    c.read_at_utc,
    c.gone_at_utc,
    c.language
FROM plan_scope AS s
CROSS JOIN customers AS c
WHERE c.customer_id = s.customer_id;

-- name: delete_to_plan_all
-- Empties the list: a full plan looks at every customer. Runs before the data is read, so that
-- what is added later is kept for the next plan.
-- Writes to_plan. Binds store.
DELETE FROM to_plan
WHERE store = :store;

-- name: insert_plan_scope
-- What an incremental plan looks at: the customers whose card may have to change, and those whom an
-- earlier plan left without their card.
-- Reads to_plan, unsettled_changes; writes plan_scope. Binds store.
INSERT INTO plan_scope (customer_id)
SELECT customer_id
FROM to_plan
WHERE store = :store
UNION
SELECT customer_id
FROM unsettled_changes
WHERE TRUE
ON CONFLICT (customer_id) DO NOTHING;

-- name: delete_to_plan_taken
-- Takes off the list what this plan looks at, and nothing that another process added meanwhile.
-- Runs before the data is read, so that what is added later is kept for the next plan.
-- Reads plan_scope, writes to_plan. Binds store.
DELETE FROM to_plan
WHERE store = :store AND customer_id IN (SELECT customer_id FROM plan_scope);

-- name: insert_urgent_customers
-- Which of the customers to look at have a recent ticket (1), or even an open one (2).
-- Reads customers_to_plan, tickets (recent ones only); writes urgent_customers. Binds store.
INSERT INTO urgent_customers (customer_id, urgency)
SELECT
    c.customer_id,
    MAX(CASE WHEN t.status = 'open' THEN 2 ELSE 1 END) AS urgency
FROM customers_to_plan AS c
CROSS JOIN tickets AS t
WHERE c.store = :store AND t.store = :store AND t.customer_id = c.customer_id
GROUP BY c.customer_id;

-- name: count_customers_to_plan
-- How many customers that are there the plan looks at: all less those that are gone, as both can be
-- counted in an index.
-- Reads customers_to_plan. Binds store. One row.
SELECT
    (
        SELECT COUNT(*) FROM customers_to_plan
        WHERE store = :store
    )
    - (
        SELECT COUNT(*) FROM customers_to_plan
        WHERE store = :store AND gone_at_utc IS NOT NULL
    ) AS considered;

-- name: insert_stale_customers
-- The customers whose card stays as it was: a row of theirs is set aside, or one of the member that
-- they are matched with, or of one who has their address. What the checks of a plan or a push found
-- does not count, as this plan looks again.
-- Reads set_aside, matches, customers; writes stale_customers. Binds store.
INSERT INTO stale_customers (customer_id)
SELECT c.customer_id
FROM set_aside AS s
CROSS JOIN customers AS c
WHERE
    s.store = :store
    AND s.side = 'customer'
    AND s.found_by NOT IN ('plan', 'push')
    AND c.store = :store
    AND c.customer_id = CAST(s.subject_id AS BIGINT)
UNION
SELECT mt.customer_id
FROM set_aside AS s
CROSS JOIN matches AS mt
WHERE s.store = :store AND s.side = 'member' AND mt.store = :store AND mt.member_id = s.subject_id
UNION
SELECT c.customer_id
FROM set_aside AS s
CROSS JOIN customers AS c
WHERE s.store = :store AND s.side = 'member' AND c.store = :store AND c.email_key = s.email_key;

-- name: insert_to_plan_stale
-- The next plan looks at them again: nothing else tells it when they are not set aside any more.
-- Reads stale_customers, writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT
    :store AS store,
    customer_id
FROM stale_customers
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING;

-- name: count_stale_customers
-- How many customers keep their card as it was, and how many of those the plan looks at.
-- Reads stale_customers, customers, customers_to_plan. Binds store. One row.
SELECT
    (
        SELECT COUNT(*)
        FROM stale_customers AS s
        CROSS JOIN customers AS c
        WHERE c.store = :store AND c.customer_id = s.customer_id AND c.gone_at_utc IS NULL
    ) AS stale,
    (
        SELECT COUNT(*)
        FROM stale_customers AS s
        CROSS JOIN customers_to_plan AS c
        WHERE c.store = :store AND c.customer_id = s.customer_id AND c.gone_at_utc IS NULL
    ) AS considered;
