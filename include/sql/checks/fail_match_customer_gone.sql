-- Fails if a match is with a customer that is unknown or gone from Gorgias: nothing can be pushed
-- there, and the member would wrongly count as matched.
-- Reads matches, customers. Binds store. One row per customer at fault.
SELECT
    matches.customer_id AS failing_id,
    matches.member_id
FROM matches
LEFT JOIN customers
    ON matches.store = customers.store AND matches.customer_id = customers.customer_id
WHERE
    matches.store = :store
    AND (customers.customer_id IS NULL OR customers.gone_at_utc IS NOT NULL)
