-- Keeps what a person decided about one customer or member.
-- Writes decisions. Binds store, decision_id, batch_id, side, subject_id, action, member_id,
-- reason, until_utc, actor, now_utc.
INSERT INTO decisions (
    store, decision_id, batch_id, side, subject_id, action, member_id, reason, until_utc, actor,
    decided_at_utc
)
VALUES (
    :store, :decision_id, :batch_id, :side, :subject_id, :action, :member_id, :reason, :until_utc,
    :actor, :now_utc
)
