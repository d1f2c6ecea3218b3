-- How much an agent awarded, and a member was awarded, since midnight, plus and minus alike. What
-- was refused or rejected does not count, nor does what takes an award back.
-- Reads awards. Binds store, agent, subject, unit, since_utc. One row.
SELECT
    COALESCE(SUM(CASE WHEN agent = :agent THEN ABS(amount) ELSE 0 END), 0) AS by_agent,
    COALESCE(SUM(CASE WHEN subject = :subject THEN ABS(amount) ELSE 0 END), 0) AS by_member
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :since_utc
    AND unit = :unit
    AND state NOT IN ('refused', 'rejected')
    AND reverses IS NULL
