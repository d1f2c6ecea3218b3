-- Awards that are neither booked nor refused yet, which a disconnect would leave waiting.
-- Reads awards. Binds store. One row.
SELECT COUNT(*) AS waiting
FROM awards
WHERE store = :store AND state IN ('queued', 'needs_approval', 'approved', 'applying')
