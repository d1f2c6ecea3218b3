-- Incremental plan: only the customers whose card may have to change.
-- CROSS JOIN keeps SQLite from scanning all customers: it has no statistics of temporary tables.
-- Reads plan_scope, customers. No binds: its readers filter by store.
CREATE TEMPORARY VIEW customers_to_plan AS
SELECT
    c.store,
    c.customer_id,
    c.shown_fingerprint,
    c.read_at_utc,
    c.gone_at_utc
FROM plan_scope AS s
CROSS JOIN customers AS c
WHERE c.customer_id = s.customer_id
