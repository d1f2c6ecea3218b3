-- Takes back what was decided at once, as far as it was not before.
-- Writes decisions. Binds store, batch_id, actor, now_utc. One row per decision taken back.
UPDATE decisions
SET
    undone_by = :actor,
    undone_at_utc = :now_utc
WHERE store = :store AND batch_id = :batch_id AND undone_at_utc IS NULL
RETURNING side, subject_id, action, member_id
