-- name: reopen_interrupted
-- Puts rows that an interrupted try of this run left in sending back to planned. Whether their
-- write arrived is not known; writing the same card again is harmless.
-- Writes changes. Binds store, run_id.
UPDATE changes
SET state = 'planned'
WHERE store = :store AND run_id = :run_id AND state = 'sending';

-- name: select_planned
-- The next planned changes, the most important first.
-- Reads changes. Binds store, run_id, chunk. One row per change.
SELECT
    customer_id,
    destination,
    outcome,
    member_id
FROM changes
WHERE store = :store AND run_id = :run_id AND state = 'planned'
ORDER BY priority DESC, customer_id ASC, destination ASC
LIMIT :chunk;

-- name: update_change_state
-- Moves one change on, only from the state that leads there, so that two workers never both send
-- it.
-- Writes changes. Binds store, run_id, customer_id, destination, state, from_state, error,
-- fingerprint and version_utc (of what was sent, or NULL), now_utc.
UPDATE changes
SET
    state = :state,
    error = :error,
    fingerprint = COALESCE(:fingerprint, fingerprint),
    ledger_version_utc = COALESCE(:version_utc, ledger_version_utc),
    attempts = attempts + CASE WHEN :state = 'sending' THEN 1 ELSE 0 END,
    changed_at_utc = :now_utc
WHERE
    store = :store
    AND run_id = :run_id
    AND customer_id = :customer_id
    AND destination = :destination
    AND state = :from_state;

-- name: count_changes_by_state
-- How far the push of a run is.
-- Reads changes. Binds store, run_id. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS changes
FROM changes
WHERE store = :store AND run_id = :run_id
GROUP BY state;
