-- What waits for a run, in all stores: awards to apply, awards whose worker lost its lease, and
-- awards to ask about that no run asks about yet. What was put back because the platform could not
-- be asked waits again when its lease ends: otherwise each run would start the next one at once.
-- Reads awards. Binds now_utc. One row per award.
SELECT
    store,
    award_id,
    state,
    lease_until_utc
FROM awards
WHERE
    state IN ('queued', 'approved', 'applying', 'needs_approval')
    AND (
        (
            state IN ('queued', 'approved', 'applying')
            AND (lease_until_utc IS NULL OR lease_until_utc < :now_utc)
        )
        OR (state = 'needs_approval' AND (asked_run_id IS NULL OR approve_by_utc < :now_utc))
    )
