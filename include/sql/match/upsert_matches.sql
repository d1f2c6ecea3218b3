-- Writes the new and the changed matches.
-- Reads decided_customers (which holds changes only), writes matches. Binds store.
INSERT INTO matches (store, customer_id, member_id, rule)
SELECT
    :store AS store,
    customer_id,
    member_id,
    rule
FROM decided_customers
WHERE member_id IS NOT NULL
ON CONFLICT (store, customer_id) DO UPDATE
    SET member_id = excluded.member_id, rule = excluded.rule
