-- Lets another run ask about an award that still needs approval.
-- Writes awards. Binds store, award_id.
UPDATE awards
SET asked_run_id = NULL
WHERE store = :store AND award_id = :award_id AND state = 'needs_approval'
