-- Gives the refused and unknown awards that nobody was told of to one run.
-- Writes awards. Binds store, run_id. One row per award, also of those taken before.
UPDATE awards
SET alert_run_id = :run_id
WHERE
    store = :store
    AND state IN ('refused', 'unknown')
    AND (alert_run_id IS NULL OR alert_run_id = :run_id)
RETURNING award_id
