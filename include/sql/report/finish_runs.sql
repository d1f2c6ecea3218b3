-- Ends a run. Writes runs. Binds store, run_id, state, failure, ended_at_utc.
-- Returns when it started, to know how long it took; no row when there is no such run.
UPDATE runs
SET
    state = :state,
    failure = :failure,
    ended_at_utc = :ended_at_utc
WHERE store = :store AND run_id = :run_id
RETURNING started_at_utc
