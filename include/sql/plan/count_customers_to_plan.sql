-- How many customers that are there the plan looks at: all less those that are gone, as both can be
-- counted in an index.
-- Reads customers_to_plan. Binds store. One row.
SELECT
    (
        SELECT COUNT(*) FROM customers_to_plan
        WHERE store = :store
    )
    - (
        SELECT COUNT(*) FROM customers_to_plan
        WHERE store = :store AND gone_at_utc IS NOT NULL
    ) AS considered
