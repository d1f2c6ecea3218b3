-- The award that takes another one back, unless it never took place.
-- Reads awards. Binds store, award_id. No row or one.
SELECT award_id
FROM awards
WHERE store = :store AND reverses = :award_id AND state NOT IN ('refused', 'rejected')
