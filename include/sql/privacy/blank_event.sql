-- Leaves of a transition what happened, when and by whom, and not to whom.
-- Writes award_events. Binds store, award_id, event_number, facts, detail.
UPDATE award_events
SET
    facts = :facts,
    detail = :detail
WHERE store = :store AND award_id = :award_id AND event_number = :event_number
