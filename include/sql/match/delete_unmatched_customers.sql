-- Takes customers who are matched now off the list of those who are not.
-- Reads decided_customers, writes unmatched_customers. Binds store.
DELETE FROM unmatched_customers
WHERE
    store = :store
    AND customer_id IN (
        SELECT customer_id FROM decided_customers
        WHERE was_unmatched AND member_id IS NOT NULL
    )
