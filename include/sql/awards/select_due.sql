-- The awards that a worker may take now, the oldest first: queued and approved ones,
-- and ones whose worker lost its lease.
-- Reads awards. Binds store, now_utc, most. One row per award.
SELECT award_id
FROM awards
WHERE
    store = :store
    AND state IN ('queued', 'approved', 'applying')
    AND (
        state IN ('queued', 'approved')
        OR (state = 'applying' AND lease_until_utc < :now_utc)
    )
ORDER BY queued_at_utc ASC, award_id ASC
LIMIT :most
