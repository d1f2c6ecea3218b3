-- Fails if a customer that was read back after the push did not show what was pushed.
-- Does not tell which one; the push step's log has the ids.
-- Reads run_counters. Binds store, run_id. One row when it happened, none when all is well.
SELECT
    name AS failing_id,
    value AS customers_wrong
FROM run_counters
WHERE store = :store AND run_id = :run_id AND name = 'readback_wrong' AND value > 0
