-- Fails if more than half of the customers that were read back do not show what was pushed:
-- Gorgias accepts our writes and does not keep them, so going on is pointless.
-- Reads run_counters. Binds store, run_id. One row when it happened, none when all is well.
SELECT
    wrong_ones.name AS failing_id,
    wrong_ones.value AS customers_wrong
FROM run_counters AS wrong_ones
INNER JOIN run_counters AS all_ones
    ON
        wrong_ones.store = all_ones.store
        AND wrong_ones.run_id = all_ones.run_id
        AND all_ones.name = 'readback_checked'
WHERE
    wrong_ones.store = :store
    AND wrong_ones.run_id = :run_id
    AND wrong_ones.name = 'readback_wrong'
    AND wrong_ones.value * 2 > all_ones.value
