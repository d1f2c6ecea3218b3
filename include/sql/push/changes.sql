-- name: reopen_interrupted
-- Puts rows that an interrupted try of this run left in sending back to planned. Whether their
-- write arrived is not known; writing the same card again is harmless.
-- Writes changes. Binds store, run_id.
UPDATE changes
SET state = 'planned'
WHERE store = :store AND run_id = :run_id AND state = 'sending';

-- name: select_planned
-- The next planned changes, the most important first.
-- Reads changes. Binds store, run_id, chunk. One row per change.
SELECT
    customer_id,
    destination
FROM changes
WHERE store = :store AND run_id = :run_id AND state = 'planned'
ORDER BY priority DESC, customer_id ASC, destination ASC
LIMIT :chunk;

-- name: select_change
-- One change with all that its write needs. The card comes from members as it is now, which may be
-- newer than the plan; `current_card` is what Gorgias has, reckoned as the plan does.
-- Reads changes, customers, members, pushed_cards. Binds store, run_id, customer_id, destination.
-- One row.
SELECT
    changes.customer_id,
    changes.destination,
    changes.outcome,
    changes.member_id,
    customers.email,
    customers.other_data,
    customers.read_at_utc,
    members.card,
    members.points_balance,
    pushed_cards.version_utc,
    CASE
        WHEN
            changes.destination = 'customer_data'
            AND customers.shown_fingerprint IS NOT NULL
            AND (
                pushed_cards.pushed_at_utc IS NULL
                OR customers.read_at_utc > pushed_cards.pushed_at_utc
            )
            THEN NULLIF(customers.shown_fingerprint, 'none')
        ELSE pushed_cards.fingerprint
    END AS current_card
FROM changes
LEFT JOIN customers
    ON changes.store = customers.store AND changes.customer_id = customers.customer_id
LEFT JOIN members
    ON changes.store = members.store AND changes.member_id = members.member_id
LEFT JOIN pushed_cards
    ON
        changes.store = pushed_cards.store
        AND changes.customer_id = pushed_cards.customer_id
        AND changes.destination = pushed_cards.destination
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.customer_id = :customer_id
    AND changes.destination = :destination;

-- name: update_change_state
-- Moves one change on, only from the state that leads there, so that two workers never both send
-- it.
-- Writes changes. Binds store, run_id, customer_id, destination, state, from_state, error,
-- fingerprint (of what was sent, or NULL), now_utc.
UPDATE changes
SET
    state = :state,
    error = :error,
    fingerprint = COALESCE(:fingerprint, fingerprint),
    attempts = attempts + CASE WHEN :state = 'sending' THEN 1 ELSE 0 END,
    changed_at_utc = :now_utc
WHERE
    store = :store
    AND run_id = :run_id
    AND customer_id = :customer_id
    AND destination = :destination
    AND state = :from_state;

-- name: count_changes_by_state
-- How far the push of a run is.
-- Reads changes. Binds store, run_id. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS changes
FROM changes
WHERE store = :store AND run_id = :run_id
GROUP BY state;
