-- Incremental match: the customers that a change can reach.
-- CROSS JOIN keeps SQLite from scanning all customers: it has no statistics of temporary tables.
-- Reads scope_customers, customers. No binds: its readers filter by store.
CREATE TEMPORARY VIEW customers_in_scope AS
SELECT
    c.store,
    c.customer_id,
    c.email_key,
    c.email_state,
    c.gone_at_utc
FROM scope_customers AS s
CROSS JOIN customers AS c
WHERE c.customer_id = s.customer_id
