-- A sample of what the run wrote, spread over all of it by an arbitrary but repeatable order, with
-- what should stand in Gorgias. Leaves out members whose card changed after the write.
-- Reads changes, customers, members. Binds store, run_id, sample. One row per change.
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
    NULL AS version_utc
FROM changes
INNER JOIN customers
    ON changes.store = customers.store AND changes.customer_id = customers.customer_id
LEFT JOIN members
    ON changes.store = members.store AND changes.member_id = members.member_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'done'
    AND (changes.outcome <> 'matched' OR members.card_fingerprint = changes.fingerprint)
ORDER BY
    SUBSTR(changes.fingerprint, 1, 8) ASC, changes.customer_id ASC, changes.destination ASC
LIMIT :sample
