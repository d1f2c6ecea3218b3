-- Takes customers off the list of those without a member who are matched now or in another class.
-- Reads decided_customers (which holds changes only), writes unmatched_customers. Binds store.
DELETE FROM unmatched_customers
WHERE
    store = :store
    AND customer_id IN (
        SELECT customer_id FROM decided_customers
        WHERE was_unmatched
    )
