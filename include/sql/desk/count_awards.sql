-- The awards that somebody or something has to do with, by state.
-- Reads awards. Binds store. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS awards
FROM awards
WHERE
    store = :store
    AND state IN ('queued', 'needs_approval', 'approved', 'applying', 'unknown')
GROUP BY state
