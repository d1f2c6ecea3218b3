-- The next planned changes with all that a write needs, the most important first.
-- The card comes from members as it is now, which may be newer than the plan.
-- Reads changes, customers, members, pushed_cards. Binds store, run_id, chunk. One row per change.
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
    pushed_cards.version_utc
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
WHERE changes.store = :store AND changes.run_id = :run_id AND changes.state = 'planned'
ORDER BY changes.priority DESC, changes.customer_id ASC, changes.destination ASC
LIMIT :chunk
