-- Writes the customers without a member whose class is new; a class that stays keeps its date,
-- because such customers are not among the decided ones.
-- Reads decided_customers (which holds changes only), writes unmatched_customers.
-- Binds store, now_utc.
INSERT INTO unmatched_customers (store, customer_id, outcome, since_utc)
SELECT
    :store AS store,
    customer_id,
    outcome,
    :now_utc AS since_utc
FROM decided_customers
WHERE member_id IS NULL
