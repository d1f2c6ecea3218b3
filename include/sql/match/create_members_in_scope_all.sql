-- Full match: every member is to be decided on.
-- Reads members. No binds: a view cannot have any, so its readers filter by store.
CREATE TEMPORARY VIEW members_in_scope AS
SELECT
    store,
    member_id,
    email_key,
    email_state,
    status,
    gone_at_utc
FROM members
