-- name: fail_done_without_ledger
-- Fails if a change counts as done but the ledger does not hold its card: the next run would not
-- know what Gorgias shows, and would push again or overlook a difference.
-- Does not test customers that are to be planned again, as after a read-back that found the card
-- missing; for them the ledger was emptied on purpose. Nor who was shown another card since, by an
-- award, a webhook or a lookup: the ledger has a later version then.
-- Reads changes, pushed_cards, to_plan. Binds store, run_id. One row per change at fault.
SELECT
    changes.customer_id AS failing_id,
    changes.destination
FROM changes
LEFT JOIN pushed_cards
    ON
        changes.store = pushed_cards.store
        AND changes.customer_id = pushed_cards.customer_id
        AND changes.destination = pushed_cards.destination
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'done'
    AND (
        pushed_cards.version_utc < changes.ledger_version_utc
        OR (
            pushed_cards.version_utc = changes.ledger_version_utc
            AND pushed_cards.fingerprint <> changes.fingerprint
        )
        OR (
            pushed_cards.customer_id IS NULL
            AND NOT EXISTS (
                SELECT 1 FROM to_plan
                WHERE to_plan.store = changes.store AND to_plan.customer_id = changes.customer_id
            )
        )
    );

-- name: fail_readback_some
-- Fails if a customer that was read back after the push did not show what was pushed.
-- Does not tell which one; the push step's log has the ids.
-- Reads run_counters. Binds store, run_id. One row when it happened, none when all is well.
SELECT
    name AS failing_id,
    value AS customers_wrong
FROM run_counters
WHERE store = :store AND run_id = :run_id AND name = 'readback_wrong' AND value > 0;

-- name: fail_readback_most
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
    AND wrong_ones.value * 2 > all_ones.value;
