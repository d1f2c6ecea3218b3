-- Fails if the plan repeats a card that Gorgias already accepted: every run would push everything
-- again and use up the merchant's request rate.
-- Does not test cards that somebody changed in Gorgias since; the check for drift does.
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
    AND (
        changes.destination <> 'customer_data'
        OR customers.shown_fingerprint IS NULL
        OR customers.shown_fingerprint = changes.fingerprint
        OR customers.read_at_utc <= pushed_cards.pushed_at_utc
    )
