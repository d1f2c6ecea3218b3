-- Adds a transition to the audit of an award; no row when another one took the number meanwhile.
-- Reads and writes award_events. Binds store, award_id, state, detail, actor, now_utc, facts.
INSERT INTO award_events (
    store, award_id, event_number, state, detail, actor, happened_at_utc, facts
)
SELECT
    :store AS store,
    :award_id AS award_id,
    1 + COALESCE(MAX(e.event_number), 0) AS event_number,
    :state AS state,
    :detail AS detail,
    :actor AS actor,
    :now_utc AS happened_at_utc,
    :facts AS facts
FROM award_events AS e
WHERE e.store = :store AND e.award_id = :award_id
ON CONFLICT (store, award_id, event_number) DO NOTHING
