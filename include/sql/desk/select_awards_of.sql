-- The newest awards of a person, by the member's id and the e-mail addresses.
-- Reads awards. Binds store, subjects (a list). One row per award, the newest first, twenty at
-- most.
SELECT
    award_id,
    queued_at_utc,
    state,
    unit,
    amount,
    agent,
    reason,
    detail
FROM awards
WHERE store = :store AND subject IN (:subjects)
ORDER BY queued_at_utc DESC, award_id ASC
LIMIT 20
