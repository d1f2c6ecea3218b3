-- The audit of one award, from its beginning.
-- Reads award_events. Binds store, award_id. One row per transition.
SELECT
    event_number,
    state,
    detail,
    actor,
    happened_at_utc,
    facts
FROM award_events
WHERE store = :store AND award_id = :award_id
ORDER BY event_number ASC
