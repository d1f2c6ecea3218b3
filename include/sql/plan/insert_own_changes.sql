-- Sets aside what earlier tries of this run sent; the plan is made anew, and what of this it does
-- not replace is put back. What they did not send, or broke off, is left to the plan.
-- Reads changes, writes own_changes. Binds store, run_id.
INSERT INTO own_changes (
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
FROM changes
WHERE store = :store AND run_id = :run_id AND state NOT IN ('planned', 'sending')
