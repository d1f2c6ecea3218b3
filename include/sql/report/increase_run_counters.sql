-- Adds to one counter of a run. Not repeatable: only for what a second attempt spends again.
-- Writes run_counters. Binds store, run_id, name, value.
INSERT INTO run_counters (store, run_id, name, value)
VALUES (:store, :run_id, :name, :value)
ON CONFLICT (store, run_id, name) DO UPDATE
    SET value = run_counters.value + excluded.value
