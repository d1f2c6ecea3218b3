-- How many changes a run holds, by kind, whatever became of them; and how many customers have one
-- that is not done. Groups by customer because that reads the rows in the order they are kept.
-- Reads changes. Binds store, run_id. One row.
SELECT
    CAST(COALESCE(SUM(d.cards), 0) AS BIGINT) AS planned,
    CAST(COALESCE(SUM(d.cards_new), 0) AS BIGINT) AS planned_new,
    CAST(COALESCE(SUM(d.cards_update), 0) AS BIGINT) AS planned_update,
    CAST(COALESCE(SUM(d.cards_clear), 0) AS BIGINT) AS planned_clear,
    COUNT(CASE WHEN d.unsettled > 0 THEN 1 END) AS changing
FROM (
    SELECT
        c.customer_id,
        COUNT(*) AS cards,
        COUNT(CASE WHEN c.kind = 'new' THEN 1 END) AS cards_new,
        COUNT(CASE WHEN c.kind = 'update' THEN 1 END) AS cards_update,
        COUNT(CASE WHEN c.kind = 'clear' THEN 1 END) AS cards_clear,
        COUNT(CASE WHEN c.state NOT IN ('done', 'gone') THEN 1 END) AS unsettled
    FROM changes AS c
    WHERE c.store = :store AND c.run_id = :run_id
    GROUP BY c.customer_id
) AS d
