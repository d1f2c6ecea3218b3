-- Replaces the ids that a check found; how many they were stays.
-- Writes quality_results. Binds store, run_id, step, expectation, failing_ids.
UPDATE quality_results
SET failing_ids = :failing_ids
WHERE
    store = :store AND run_id = :run_id AND step = :step AND expectation = :expectation
