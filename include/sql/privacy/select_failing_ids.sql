-- Every list of ids that a check found.
-- Reads quality_results. Binds store. One row per result that has any.
SELECT
    run_id,
    step,
    expectation,
    failing_ids
FROM quality_results
WHERE store = :store AND failing_ids <> '[]'
