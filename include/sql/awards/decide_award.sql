-- Approves or rejects an award that waits for it.
-- Writes awards. Binds store, award_id, state, detail, settled_at_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    settled_at_utc = :settled_at_utc
WHERE store = :store AND award_id = :award_id AND state = 'needs_approval'
