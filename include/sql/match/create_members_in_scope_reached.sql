-- Incremental match: the members that a change can reach.
-- CROSS JOIN keeps SQLite from scanning all members: it has no statistics of temporary tables.
-- Reads scope_members, members. No binds: its readers filter by store.
CREATE TEMPORARY VIEW members_in_scope AS
SELECT
    m.store,
    m.member_id,
    m.email_key,
    m.email_state,
    m.status,
    m.gone_at_utc
FROM scope_members AS s
CROSS JOIN members AS m
WHERE m.member_id = s.member_id
