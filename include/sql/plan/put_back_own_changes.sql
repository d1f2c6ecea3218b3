-- Puts back what earlier tries of this run sent, unless it is planned again: because it failed, or
-- because it differs from what is wanted now.
-- Reads own_changes, writes changes. No binds.
INSERT INTO changes (
    store,
    run_id,
    customer_id,
    destination,
    member_id,
    outcome,
    kind,
    fingerprint,
    priority,
    state,
    attempts,
    error,
    changed_at_utc
)
SELECT
    o.store,
    o.run_id,
    o.customer_id,
    o.destination,
    o.member_id,
    o.outcome,
    o.kind,
    o.fingerprint,
    o.priority,
    o.state,
    o.attempts,
    o.error,
    o.changed_at_utc
FROM own_changes AS o
WHERE NOT EXISTS (
    SELECT 1 FROM changes AS c
    WHERE
        c.store = o.store
        AND c.run_id = o.run_id
        AND c.customer_id = o.customer_id
        AND c.destination = o.destination
)
