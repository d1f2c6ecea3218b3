-- Sets one counter of a run; the same value again changes nothing, so a repeated task is harmless.
-- Writes run_counters. Binds store, run_id, name, value.
INSERT INTO run_counters (store, run_id, name, value)
VALUES (:store, :run_id, :name, :value)
ON CONFLICT (store, run_id, name) DO UPDATE
    SET value = excluded.value
    WHERE run_counters.value IS DISTINCT FROM excluded.value
