-- How many customers that are there the plan looks at.
-- Reads customers_to_plan. Binds store. One row.
SELECT COUNT(*) AS considered
FROM customers_to_plan
WHERE store = :store AND gone_at_utc IS NULL
