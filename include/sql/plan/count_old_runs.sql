-- How many earlier runs are old enough to be forgotten: mostly none, and finding their changes is
-- work even then.
-- Reads earlier_runs. No binds. One row.
SELECT COUNT(*) AS old_runs
FROM earlier_runs
WHERE is_old
