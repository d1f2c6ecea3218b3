-- Keeps what one expectation found; failing_ids is a JSON list of bounded length, without e-mails.
-- Writes quality_results.
-- Binds store, run_id, step, expectation, severity, passed, failing_count, failing_ids,
-- checked_at_utc.
INSERT INTO quality_results (
    store,
    run_id,
    step,
    expectation,
    severity,
    passed,
    failing_count,
    failing_ids,
    checked_at_utc
)
VALUES (
    :store,
    :run_id,
    :step,
    :expectation,
    :severity,
    :passed,
    :failing_count,
    :failing_ids,
    :checked_at_utc
)
