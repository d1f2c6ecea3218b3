-- An award that the same agent queued a moment ago for the same person, ticket, amount and unit.
-- Reads awards. Binds store, agent, subject, unit, amount, ticket_id (0 for none), since_utc.
-- No row or one.
SELECT
    award_id,
    state
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :since_utc
    AND agent = :agent
    AND subject = :subject
    AND unit = :unit
    AND amount = :amount
    AND COALESCE(ticket_id, 0) = :ticket_id
ORDER BY queued_at_utc DESC
LIMIT 1
