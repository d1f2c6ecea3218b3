-- name: select_customers
-- The customers who wrote, or whose address cannot be looked up, and who have no member; and those
-- who did not write and have the id in the shop of a member without a usable address.
-- Reads unmatched_customers, customers, unmatched_members, members. Binds store. One row per
-- customer.
WITH without_address AS (
    SELECT
        members.external_id AS shop_id,
        members.member_id
    FROM unmatched_members
    INNER JOIN members
        ON
            unmatched_members.store = members.store
            AND unmatched_members.member_id = members.member_id
    WHERE
        unmatched_members.store = :store
        AND unmatched_members.outcome IN ('no_email', 'invalid_email')
        AND members.gone_at_utc IS NULL
),

shop_ids AS (
    SELECT w.shop_id FROM without_address AS w
    WHERE w.shop_id IS NOT NULL
    UNION
    SELECT w.member_id FROM without_address AS w
)

SELECT
    c.customer_id,
    c.email_key,
    c.email,
    c.name,
    c.external_id
FROM (
    SELECT
        wrote.store,
        wrote.customer_id
    FROM unmatched_customers AS wrote
    WHERE
        wrote.store = :store
        AND wrote.outcome IN ('customer_not_found', 'no_email', 'invalid_email')
    UNION ALL
    SELECT
        quiet.store,
        quiet.customer_id
    FROM customers AS quiet
    CROSS JOIN unmatched_customers AS listed
    WHERE
        quiet.store = :store
        AND EXISTS (SELECT 1 FROM without_address)
        AND quiet.external_id IN (SELECT s.shop_id FROM shop_ids AS s)
        AND listed.store = :store
        AND listed.customer_id = quiet.customer_id
        AND listed.outcome = 'not_a_member'
) AS found
INNER JOIN customers AS c ON found.store = c.store AND found.customer_id = c.customer_id
WHERE c.gone_at_utc IS NULL
ORDER BY c.customer_id ASC;

-- name: select_member_keys
-- The address of each member, for how common a domain is.
-- Reads members. Binds store. One row per member who has one.
SELECT email_key
FROM members
WHERE store = :store AND email_key IS NOT NULL;

-- name: select_members
-- The members who have no customer, also those without a usable address; a suggestion may be one of
-- them.
-- Reads unmatched_members, members. Binds store. One row per member.
SELECT
    members.member_id,
    members.email_key,
    members.email,
    members.external_id,
    members.card
FROM unmatched_members
INNER JOIN members
    ON
        unmatched_members.store = members.store
        AND unmatched_members.member_id = members.member_id
WHERE
    unmatched_members.store = :store
    AND unmatched_members.outcome IN ('member_not_in_gorgias', 'no_email', 'invalid_email')
    AND members.gone_at_utc IS NULL;

-- name: delete_suggestions
-- Forgets the suggestions of the match before.
-- Deletes from suggestions. Binds store.
DELETE FROM suggestions
WHERE store = :store;

-- name: select_best_suggestions
-- The surest member for each customer without one, of those sure enough that nobody refused.
-- Reads suggestions, refused_suggestions, members. Binds store, min_score. One row per customer.
SELECT
    ranked.customer_id,
    ranked.member_id,
    ranked.score,
    ranked.reasons,
    members.card
FROM (
    SELECT
        customer_id,
        member_id,
        score,
        reasons,
        ROW_NUMBER() OVER (
            PARTITION BY customer_id
            ORDER BY score DESC, member_id ASC
        ) AS surest_first
    FROM suggestions
    WHERE
        store = :store
        AND score >= :min_score
        AND NOT EXISTS (
            SELECT 1
            FROM refused_suggestions AS refused
            WHERE
                refused.store = suggestions.store
                AND refused.customer_id = suggestions.customer_id
                AND refused.member_id = suggestions.member_id
        )
) AS ranked
LEFT JOIN members ON members.store = :store AND ranked.member_id = members.member_id
WHERE ranked.surest_first = 1
ORDER BY ranked.score DESC, ranked.customer_id ASC;
