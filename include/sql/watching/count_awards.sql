-- The awards of a store by state: those that somebody or something has to do with, and those that
-- ended lately.
-- Reads awards. Binds store, since_utc. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS awards
FROM awards
WHERE
    store = :store
    AND (
        state IN ('queued', 'needs_approval', 'approved', 'applying', 'unknown')
        OR settled_at_utc >= :since_utc
    )
GROUP BY state
