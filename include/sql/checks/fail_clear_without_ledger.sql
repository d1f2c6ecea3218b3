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
    AND changes.kind = 'clear'
    AND pushed_cards.customer_id IS NULL
