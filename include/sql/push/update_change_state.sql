-- Moves one change on, only from the state that leads there, so that two workers never both send
-- it.
-- Writes changes. Binds store, run_id, customer_id, destination, state, from_state, error,
-- fingerprint (of what was sent, or NULL), now_utc.
UPDATE changes
SET
    state = :state,
    error = :error,
    fingerprint = COALESCE(:fingerprint, fingerprint),
    attempts = attempts + CASE WHEN :state = 'sending' THEN 1 ELSE 0 END,
    changed_at_utc = :now_utc
WHERE
    store = :store
    AND run_id = :run_id
    AND customer_id = :customer_id
    AND destination = :destination
    AND state = :from_state
