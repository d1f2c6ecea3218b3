-- The newest awards of a store, of one state or of all.
-- Reads awards. Binds store, state (empty for all), most. One row per award.
SELECT
    award_id,
    queued_at_utc,
    state,
    unit,
    amount,
    agent,
    detail
FROM awards
WHERE store = :store AND (:state = '' OR state = :state)
ORDER BY queued_at_utc DESC, award_id ASC
LIMIT :most
