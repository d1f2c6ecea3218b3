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
    AND changes.destination = :destination
