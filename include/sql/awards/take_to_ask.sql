-- Gives the awards that need approval, and that no run asks about, to one run.
-- Writes awards. Binds store, run_id. One row per award, also of those taken before.
UPDATE awards
SET asked_run_id = :run_id
WHERE
    store = :store
    AND state = 'needs_approval'
    AND (asked_run_id IS NULL OR asked_run_id = :run_id)
RETURNING award_id
