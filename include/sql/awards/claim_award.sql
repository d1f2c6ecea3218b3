-- Takes an award for one worker. Of two that try, one gets the row: the other waits for its commit
-- and then finds another state or a live lease.
-- Writes awards. Binds store, award_id, claimed_by, now_utc, lease_until_utc. No row or one.
UPDATE awards
SET
    state = 'applying',
    claimed_by = :claimed_by,
    lease_until_utc = :lease_until_utc
WHERE
    store = :store
    AND award_id = :award_id
    AND (
        state IN ('queued', 'approved')
        OR (state = 'applying' AND lease_until_utc < :now_utc)
    )
RETURNING *
