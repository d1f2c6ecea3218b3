-- Notes that an applied award is shown in Gorgias, or that there is nobody there to show it for.
-- Writes awards. Binds store, award_id, now_utc.
UPDATE awards
SET shown_at_utc = :now_utc
WHERE store = :store AND award_id = :award_id AND shown_at_utc IS NULL
