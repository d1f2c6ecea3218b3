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
    AND customers.read_at_utc > pushed_cards.pushed_at_utc
