-- Takes away the matches of customers who have none any more.
-- Reads decided_customers, writes matches. Binds store.
DELETE FROM matches
WHERE
    store = :store
    AND customer_id IN (
        SELECT customer_id FROM decided_customers
        WHERE was_matched AND member_id IS NULL
    )
