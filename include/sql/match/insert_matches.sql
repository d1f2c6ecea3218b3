-- Writes the new and the changed matches, whose old rows have been deleted.
-- Reads decided_customers (which holds changes only), writes matches. Binds store.
INSERT INTO matches (store, customer_id, member_id, rule)
SELECT
    :store AS store,
    customer_id,
    member_id,
    rule
FROM decided_customers
WHERE member_id IS NOT NULL
