-- name: select_changes
-- The plan of this run, as far as its checks look at single columns.
-- Reads changes. Binds store, run_id. One row per customer and destination.
SELECT
    customer_id,
    destination,
    kind,
    fingerprint,
    state
FROM changes
WHERE store = :store AND run_id = :run_id;

-- name: fail_change_customer_gone
-- Fails if the plan writes to a customer that is unknown or gone from Gorgias: a wasted request,
-- and a sign that the plan does not see what the extract saw.
-- Does not test what earlier tries of the run sent, nor who was found to be gone since the plan.
-- Reads changes, customers, touched. Binds store, run_id. One row per change at fault.
WITH found AS MATERIALIZED (
    SELECT changes.customer_id AS failing_id
    FROM changes
    LEFT JOIN customers
        ON changes.store = customers.store AND changes.customer_id = customers.customer_id
    WHERE
        changes.store = :store
        AND changes.run_id = :run_id
        AND changes.state = 'planned'
        AND (customers.customer_id IS NULL OR customers.gone_at_utc IS NOT NULL)
)

SELECT failing_id
FROM found
WHERE
    NOT EXISTS (
        SELECT 1 FROM touched
        WHERE
            touched.store = :store
            AND touched.kind = 'customer'
            AND touched.value = CAST(found.failing_id AS TEXT)
    );

-- name: fail_change_without_member
-- Fails if a change is to show a member's card but names no member, or not the one that the match
-- paired the customer with: the card would have no balance, or another person's.
-- Does not test what earlier tries of the run sent.
-- Reads changes, matches. Binds store, run_id. One row per change at fault.
SELECT
    changes.customer_id AS failing_id,
    changes.destination
FROM changes
LEFT JOIN matches
    ON
        changes.store = matches.store
        AND changes.customer_id = matches.customer_id
        AND changes.member_id = matches.member_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'planned'
    AND changes.outcome = 'matched'
    AND matches.customer_id IS NULL;

-- name: fail_change_already_pushed
-- Fails if the plan repeats a card that Gorgias already accepted: every run would push everything
-- again and use up the merchant's request rate.
-- Does not test cards that are to be said in other words, nor those that somebody changed in
-- Gorgias since; the check for drift does. Nor what a lookup, a webhook or an award brought there
-- since the plan: the ledger has another version then.
-- Reads changes, pushed_cards, customers. Binds store, run_id. One row per change at fault.
SELECT
    changes.customer_id AS failing_id,
    changes.destination
FROM changes
INNER JOIN pushed_cards
    ON
        changes.store = pushed_cards.store
        AND changes.customer_id = pushed_cards.customer_id
        AND changes.destination = pushed_cards.destination
        AND changes.fingerprint = pushed_cards.fingerprint
        AND changes.ledger_version_utc = pushed_cards.version_utc
INNER JOIN customers
    ON changes.store = customers.store AND changes.customer_id = customers.customer_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'planned'
    AND changes.kind <> 'texts'
    AND (
        changes.destination <> 'customer_data'
        OR customers.shown_fingerprint IS NULL
        OR customers.shown_fingerprint IN (changes.fingerprint, pushed_cards.shown_fingerprint)
        OR customers.read_at_utc <= pushed_cards.pushed_at_utc
    );

-- name: fail_change_drifted
-- Fails if the plan repeats a card because Gorgias shows something else than what it accepted:
-- the plan is right to do so, but a person should know that another tool writes there.
-- Reads changes, pushed_cards, customers. Binds store, run_id. One row per change at fault.
SELECT
    changes.customer_id AS failing_id,
    changes.destination
FROM changes
INNER JOIN pushed_cards
    ON
        changes.store = pushed_cards.store
        AND changes.customer_id = pushed_cards.customer_id
        AND changes.destination = pushed_cards.destination
        AND changes.fingerprint = pushed_cards.fingerprint
INNER JOIN customers
    ON changes.store = customers.store AND changes.customer_id = customers.customer_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'planned'
    AND changes.destination = 'customer_data'
    AND customers.shown_fingerprint <> changes.fingerprint
    AND customers.shown_fingerprint IS DISTINCT FROM pushed_cards.shown_fingerprint
    AND customers.read_at_utc > pushed_cards.pushed_at_utc;

-- name: fail_clear_without_ledger
-- Fails if the plan clears a member's card that the ledger does not know: harmless, but the brake
-- counts clears by the ledger, so the two no longer agree.
-- Reads changes, pushed_cards. Binds store, run_id. One row per change at fault.
SELECT
    changes.customer_id AS failing_id,
    changes.destination
FROM changes
LEFT JOIN pushed_cards
    ON
        changes.store = pushed_cards.store
        AND changes.customer_id = pushed_cards.customer_id
        AND changes.destination = pushed_cards.destination
        AND pushed_cards.is_member
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'planned'
    AND changes.kind = 'clear'
    AND pushed_cards.customer_id IS NULL;
