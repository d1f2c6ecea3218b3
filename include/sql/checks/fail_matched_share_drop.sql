-- Fails if the matched share of the customers fell much since the last run that succeeded: more
-- likely a broken extract or e-mail key than a change among shoppers.
-- Does not test stores below the size at which shares mean something.
-- Reads matches, customers, runs, run_counters. Binds store, run_id, min_cards, max_matched_drop.
-- One row when it fell, none when all is well.
WITH this_run AS (
    SELECT started_at_utc AS run_started_at_utc
    FROM runs
    WHERE store = :store AND run_id = :run_id
),

last_run AS (
    SELECT runs.run_id
    FROM runs
    INNER JOIN this_run
        ON runs.started_at_utc < this_run.run_started_at_utc
    WHERE runs.store = :store AND runs.state = 'succeeded'
    ORDER BY runs.started_at_utc DESC, runs.run_id DESC
    LIMIT 1
),

shares AS (
    SELECT
        (
            SELECT COUNT(*) FROM customers
            WHERE store = :store
        ) AS customers_now,
        (
            SELECT COUNT(*) FROM matches
            WHERE store = :store
        ) AS matched_now,
        (
            SELECT value FROM run_counters
            WHERE
                store = :store
                AND run_id IN (SELECT last_run.run_id FROM last_run)
                AND name = 'customers_total'
        ) AS customers_before,
        (
            SELECT value FROM run_counters
            WHERE
                store = :store
                AND run_id IN (SELECT last_run.run_id FROM last_run)
                AND name = 'customers_matched'
        ) AS matched_before
)

SELECT
    'matched share' AS failing_id,
    matched_now,
    customers_now,
    matched_before,
    customers_before
FROM shares
WHERE
    customers_now >= :min_cards
    AND customers_before >= :min_cards
    AND matched_before / NULLIF(customers_before, 0) - 1.0 * matched_now / NULLIF(customers_now, 0)
    > :max_matched_drop
