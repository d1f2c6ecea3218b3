-- Full plan: every customer is looked at. A view, because a copy would cost as much as the plan.
-- Reads customers. No binds: a view cannot have any, so its readers filter by store.
CREATE TEMPORARY VIEW customers_to_plan AS
SELECT
    store,
    customer_id,
    shown_fingerprint,
    read_at_utc,
    gone_at_utc
FROM customers
