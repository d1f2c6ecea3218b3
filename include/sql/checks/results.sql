-- name: create_checked_run
-- What the checks of one step compare with, as one row that lives as long as the connection does,
-- or on PostgreSQL as the transaction: so a check reads its values from a table and none is ever
-- written into its text.
-- Makes the temporary table checked_run; its columns are the names that a check may bind.
CREATE TEMPORARY TABLE checked_run (
    store TEXT NOT NULL,
    run_id TEXT NOT NULL,
    latest_utc TEXT NOT NULL,
    expiry_from TEXT NOT NULL,
    expiry_to TEXT NOT NULL,
    include_guests INTEGER NOT NULL,
    min_cards INTEGER NOT NULL,
    max_matched_drop DOUBLE PRECISION NOT NULL
);

-- name: insert_checked_run
-- Fills the temporary table checked_run with its one row.
-- Binds store, run_id, latest_utc, expiry_from, expiry_to, include_guests, min_cards,
-- max_matched_drop.
INSERT INTO checked_run (
    store,
    run_id,
    latest_utc,
    expiry_from,
    expiry_to,
    include_guests,
    min_cards,
    max_matched_drop
)
VALUES (
    :store,
    :run_id,
    :latest_utc,
    :expiry_from,
    :expiry_to,
    :include_guests,
    :min_cards,
    :max_matched_drop
);

-- name: delete_quality_results
-- Takes away what an earlier attempt of this step left, so that a repeated task starts clean.
-- Writes quality_results. Binds store, run_id, step.
DELETE FROM quality_results
WHERE store = :store AND run_id = :run_id AND step = :step;

-- name: insert_quality_results
-- Keeps what one expectation found; failing_ids is a JSON list of bounded length,
-- of ids as they are: an address among them is masked by whoever shows it.
-- Writes quality_results.
-- Binds store, run_id, step, expectation, says, severity, passed, failing_count, failing_ids,
-- checked_at_utc.
INSERT INTO quality_results (
    store,
    run_id,
    step,
    expectation,
    says,
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
    :says,
    :severity,
    :passed,
    :failing_count,
    :failing_ids,
    :checked_at_utc
);

-- name: count_failed_checks
-- How many checks of a run failed so far, over all its steps, by severity.
-- Reads quality_results. Binds store, run_id. One row per severity that has any.
SELECT
    severity,
    COUNT(*) AS failed
FROM quality_results
WHERE store = :store AND run_id = :run_id AND NOT passed
GROUP BY severity;
