-- The audit of an award, to take out whom it was for.
-- Reads award_events. Binds store, award_id. One row per event.
SELECT
    event_number,
    detail,
    facts
FROM award_events
WHERE store = :store AND award_id = :award_id
