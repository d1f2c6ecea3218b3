-- Everything that was decided about one customer or member, the newest first.
-- Reads decisions. Binds store, side, subject_id. One row per decision.
SELECT
    batch_id,
    action,
    member_id,
    reason,
    until_utc,
    actor,
    decided_at_utc,
    undone_by,
    undone_at_utc
FROM decisions
WHERE store = :store AND side = :side AND subject_id = :subject_id
ORDER BY decided_at_utc DESC, decision_id DESC
