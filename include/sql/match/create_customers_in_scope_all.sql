-- Full match: every customer is to be decided on. A view, because a copy of a million rows would
-- cost as much as the match itself.
-- Reads customers. No binds: a view cannot have any, so its readers filter by store.
CREATE TEMPORARY VIEW customers_in_scope AS
SELECT
    store,
    customer_id,
    email_key,
    email_state,
    gone_at_utc
FROM customers
