-- The least important changes, those that the run may not push.
-- Reads changes, writes beyond_limit. Binds store, run_id, limit.
INSERT INTO beyond_limit (customer_id, destination)
SELECT
    ranked.customer_id,
    ranked.destination
FROM (
    SELECT
        c.customer_id,
        c.destination,
        ROW_NUMBER() OVER (
            ORDER BY c.priority DESC, c.customer_id ASC, c.destination ASC
        ) AS place
    FROM changes AS c
    WHERE c.store = :store AND c.run_id = :run_id AND c.state = 'planned'
) AS ranked
WHERE ranked.place > :limit
