-- name: select_mismatched_customers
-- Every customer without a member who is worth a look; those with tickets first, newest on top.
-- Leaves out not_a_member: customers who neither joined nor wrote, most of a store.
-- Reads unmatched_customers, customers, tickets. Binds store. One row per customer.
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
    seen.ticket_count,
    customers.name AS customer_name,
    NULL AS card
FROM unmatched_customers
LEFT JOIN seen
    ON unmatched_customers.customer_id = seen.customer_id AND seen.newest_first = 1
LEFT JOIN customers
    ON
        unmatched_customers.store = customers.store
        AND unmatched_customers.customer_id = customers.customer_id
WHERE unmatched_customers.store = :store AND unmatched_customers.outcome <> 'not_a_member'
ORDER BY
    CASE WHEN seen.ticket_id IS NULL THEN 1 ELSE 0 END ASC,
    seen.updated_at_utc DESC,
    unmatched_customers.outcome ASC,
    unmatched_customers.customer_id ASC;

-- name: select_mismatched_members
-- Every member without a customer; the cards of those who never wrote are not looked up, as they
-- are most members of a store, and nobody has to look at them.
-- Reads unmatched_members, members. Binds store. One row per member.
SELECT
    'member' AS side,
    unmatched_members.member_id AS subject_id,
    unmatched_members.outcome,
    unmatched_members.since_utc,
    NULL AS newest_ticket_id,
    0 AS ticket_count,
    NULL AS customer_name,
    members.card
FROM unmatched_members
LEFT JOIN members
    ON
        unmatched_members.store = members.store
        AND unmatched_members.member_id = members.member_id
        AND unmatched_members.outcome <> 'member_not_in_gorgias'
WHERE unmatched_members.store = :store
ORDER BY unmatched_members.outcome ASC, unmatched_members.member_id ASC;

-- name: select_customers_not_found
-- The customers with recent tickets and no member whom somebody should look at first: the newest
-- ticket on top.
-- Reads unmatched_customers, tickets. Binds store, how_many. One row per customer.
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
    unmatched_customers.customer_id,
    unmatched_customers.since_utc,
    seen.ticket_id AS newest_ticket_id,
    seen.updated_at_utc AS newest_ticket_utc,
    seen.ticket_count
FROM unmatched_customers
INNER JOIN seen
    ON unmatched_customers.customer_id = seen.customer_id AND seen.newest_first = 1
WHERE
    unmatched_customers.store = :store
    AND unmatched_customers.outcome = 'customer_not_found'
ORDER BY seen.updated_at_utc DESC, unmatched_customers.customer_id ASC
LIMIT :how_many;

-- name: count_lookups_not_found
-- How many tickets a lookup found no member for, by class.
-- Reads lookups_not_found. Binds store. One row per class.
SELECT
    outcome,
    COUNT(*) AS tickets
FROM lookups_not_found
WHERE store = :store AND settled_at_utc IS NULL
GROUP BY outcome
ORDER BY outcome;

-- name: select_lookups_not_found
-- The tickets whose last lookup found no member, the newest on top.
-- Reads lookups_not_found. Binds store, how_many. One row per ticket.
SELECT
    ticket_id,
    customer_id,
    outcome,
    first_at_utc,
    last_at_utc
FROM lookups_not_found
WHERE store = :store AND settled_at_utc IS NULL
ORDER BY last_at_utc DESC, ticket_id DESC
LIMIT :how_many;

-- name: select_mistyped
-- The addresses of customers and of the members that they may be but for a slip in the domain.
-- Reads suggestions, customers, members, refused_suggestions. Binds store, min_score. One row per
-- suggestion.
SELECT
    c.email_key AS customer_key,
    m.email_key AS member_key
FROM suggestions AS s
INNER JOIN customers AS c ON s.store = c.store AND s.customer_id = c.customer_id
INNER JOIN members AS m ON s.store = m.store AND s.member_id = m.member_id
LEFT JOIN refused_suggestions AS r
    ON
        s.store = r.store
        AND s.customer_id = r.customer_id
        AND s.member_id = r.member_id
WHERE
    s.store = :store
    AND s.score >= :min_score
    AND s.reasons LIKE '%mistyped_domain%'
    AND r.member_id IS NULL;

-- name: count_ages
-- How old the open mismatches are that nobody ignores.
-- Reads mismatches, ignored_mismatches. Binds store, now_utc, day_utc, week_utc, month_utc and
-- quarter_utc (so long ago). One row.
SELECT
    SUM(CASE WHEN opened_at_utc > :day_utc THEN 1 ELSE 0 END) AS under_day,
    SUM(
        CASE WHEN opened_at_utc <= :day_utc AND opened_at_utc > :week_utc THEN 1 ELSE 0 END
    ) AS under_week,
    SUM(
        CASE WHEN opened_at_utc <= :week_utc AND opened_at_utc > :month_utc THEN 1 ELSE 0 END
    ) AS under_month,
    SUM(
        CASE WHEN opened_at_utc <= :month_utc AND opened_at_utc > :quarter_utc THEN 1 ELSE 0 END
    ) AS under_quarter,
    SUM(CASE WHEN opened_at_utc <= :quarter_utc THEN 1 ELSE 0 END) AS longer
FROM mismatches
WHERE
    store = :store
    AND settled_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM ignored_mismatches AS ignored
        WHERE
            ignored.store = mismatches.store
            AND ignored.side = mismatches.side
            AND ignored.subject_id = mismatches.subject_id
            AND (ignored.until_utc IS NULL OR ignored.until_utc > :now_utc)
    );
