-- How many customers have a change at some destination that is not done yet. Before the limit.
-- Reads changes. Binds store, run_id. One row.
SELECT COUNT(*) AS changing
FROM (
    SELECT DISTINCT c.customer_id
    FROM changes AS c
    WHERE c.store = :store AND c.run_id = :run_id AND c.state NOT IN ('done', 'gone')
) AS d
