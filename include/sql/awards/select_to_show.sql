-- Applied awards that are not shown in Gorgias yet, although their worker had the time.
-- Reads awards. Binds store, oldest_utc, newest_utc. One row per award.
SELECT award_id
FROM awards
WHERE
    store = :store
    AND state = 'applied'
    AND shown_at_utc IS NULL
    AND settled_at_utc BETWEEN :oldest_utc AND :newest_utc
ORDER BY settled_at_utc ASC
LIMIT 50
