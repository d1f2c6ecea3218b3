-- Rejects the awards that nobody approved in time.
-- Writes awards. Binds store, now_utc, detail. One row per award.
UPDATE awards
SET
    state = 'rejected',
    detail = :detail,
    settled_at_utc = :now_utc
WHERE store = :store AND state = 'needs_approval' AND approve_by_utc < :now_utc
RETURNING award_id
