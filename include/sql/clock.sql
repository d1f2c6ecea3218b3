-- name: select_now
-- The one clock that leases, waits and the days of limits go by: on PostgreSQL that of the server,
-- whatever the clocks of the machines say that work with it; on SQLite that of this machine.
-- Reads nothing. No binds. One row.
SELECT STAGING_NOW() AS now_utc;
