-- Keeps the most important changes, as many as the run may push; the others stay to be planned.
-- Writes changes. Binds store, run_id, limit.
DELETE FROM changes
WHERE
    store = :store
    AND run_id = :run_id
    AND state = 'planned'
    AND (customer_id, destination) IN (
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
    )
