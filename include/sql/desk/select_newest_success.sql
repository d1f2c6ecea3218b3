-- When the newest run that ended well began: that is how old the data is.
-- Reads runs. Binds store. One row; NULL when there is none.
SELECT MAX(started_at_utc) AS started_at_utc
FROM runs
WHERE store = :store AND state = 'succeeded'
