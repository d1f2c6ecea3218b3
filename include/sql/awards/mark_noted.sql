-- Takes the note on an award's ticket for one worker; of two that try, one gets it.
-- Writes awards. Binds store, award_id, now_utc.
UPDATE awards
SET noted_at_utc = :now_utc
WHERE store = :store AND award_id = :award_id AND noted_at_utc IS NULL
