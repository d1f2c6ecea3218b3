-- Begins a run, or begins it again: the first start time stays, an earlier end is taken back.
-- Writes runs. Binds store, run_id, params (JSON), started_at_utc.
INSERT INTO runs (store, run_id, state, params, started_at_utc)
VALUES (:store, :run_id, 'running', :params, :started_at_utc)
ON CONFLICT (store, run_id) DO UPDATE
    SET
        state = 'running',
        params = excluded.params,
        ended_at_utc = NULL,
        failure = NULL
