-- name: select_expected_members
-- What expectations of the installation's own may look at after the members were read;
-- docs/quality.md promises these columns. Nothing tells who somebody is, as Data Docs show values.
-- Reads members. Binds store. One row per member that the platform still has.
SELECT
    member_id,
    status,
    email_state,
    points_balance,
    CAST(JSON(card) ->> 'points_pending' AS NUMERIC) AS points_pending,
    CAST(JSON(card) ->> 'credits_balance' AS NUMERIC) AS credits_balance,
    CAST(JSON(card) ->> 'points_to_next_tier' AS NUMERIC) AS points_to_next_tier,
    JSON(card) ->> 'tier' AS tier,
    JSON(card) ->> 'next_tier' AS next_tier,
    JSON(card) ->> 'points_expire_on' AS points_expire_on,
    CASE WHEN email_key IS NOT NULL THEN 1 END AS has_email,
    CASE WHEN JSON(card) ->> 'referral_url' IS NOT NULL THEN 1 END AS has_referral_url
FROM members
WHERE store = :store AND gone_at_utc IS NULL;

-- name: select_expected_customers
-- The same after the customers were read.
-- Reads customers. Binds store. One row per customer that Gorgias still has.
SELECT
    customer_id,
    email_state,
    updated_at_utc,
    CASE WHEN email_key IS NOT NULL THEN 1 END AS has_email
FROM customers
WHERE store = :store AND gone_at_utc IS NULL;

-- name: select_expected_match
-- The same after the match: who was matched, and by which rule, and why the others were not.
-- Reads customers, matches, unmatched_customers. Binds store. One row per customer that Gorgias
-- still has.
SELECT
    customers.customer_id,
    matches.member_id,
    matches.rule,
    COALESCE(unmatched_customers.outcome, 'matched') AS outcome
FROM customers
LEFT JOIN matches
    ON customers.store = matches.store AND customers.customer_id = matches.customer_id
LEFT JOIN unmatched_customers
    ON
        customers.store = unmatched_customers.store
        AND customers.customer_id = unmatched_customers.customer_id
WHERE customers.store = :store AND customers.gone_at_utc IS NULL;

-- name: select_expected_changes
-- The same after the plan, and after the push of it.
-- Reads changes, members. Binds store, run_id. One row per customer and destination.
SELECT
    changes.customer_id,
    changes.destination,
    changes.member_id,
    changes.outcome,
    changes.kind,
    changes.state,
    changes.attempts,
    members.points_balance,
    JSON(members.card) ->> 'tier' AS tier
FROM changes
LEFT JOIN members
    ON changes.store = members.store AND changes.member_id = members.member_id
WHERE changes.store = :store AND changes.run_id = :run_id;
