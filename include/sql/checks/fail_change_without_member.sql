-- Fails if a change is to show a member's card but names no member, or not the one that the match
-- paired the customer with: the card would have no balance, or another person's.
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
    AND changes.outcome = 'matched'
    AND matches.customer_id IS NULL
