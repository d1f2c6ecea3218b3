-- What the checks of a run found.
-- Reads quality_results. Binds store, run_id. One row per step and expectation.
SELECT
    step,
    expectation,
    severity,
    passed,
    failing_count,
    failing_ids
FROM quality_results
WHERE store = :store AND run_id = :run_id
