-- What the plan before this one, or an earlier try of this run, left behind: not begun, broken off
-- or failed. This plan looks at those customers again.
-- Reads earlier_runs, changes; writes unsettled_changes. Binds store, run_id.
INSERT INTO unsettled_changes (run_id, customer_id, destination, state)
SELECT
    c.run_id,
    c.customer_id,
    c.destination,
    c.state
FROM earlier_runs AS e
CROSS JOIN changes AS c
WHERE
    e.to_settle
    AND c.store = :store
    AND c.run_id = e.run_id
    AND c.state IN ('planned', 'sending', 'failed')
UNION ALL
SELECT
    c.run_id,
    c.customer_id,
    c.destination,
    c.state
FROM changes AS c
WHERE
    c.store = :store
    AND c.run_id = :run_id
    AND c.state IN ('planned', 'sending', 'failed')
