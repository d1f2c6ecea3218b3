-- Awards that ended before a time and still say for whom they were.
-- Reads awards. Binds store, before_utc, most. One row per award.
SELECT award_id
FROM awards
WHERE
    store = :store
    AND settled_at_utc < :before_utc
    AND state IN ('applied', 'refused', 'rejected')
    AND subject <> 'erased'
ORDER BY settled_at_utc ASC, award_id ASC
LIMIT :most
