-- What was last decided of one kind about one customer or member, and not taken back.
-- Reads decisions. Binds store, side, subject_id, action, member_id (empty for whichever). No row
-- or one.
SELECT
    member_id,
    reason,
    until_utc,
    actor
FROM decisions
WHERE
    store = :store
    AND side = :side
    AND subject_id = :subject_id
    AND action = :action
    AND (:member_id = '' OR member_id = :member_id)
    AND undone_at_utc IS NULL
ORDER BY decided_at_utc DESC, decision_id DESC
LIMIT 1
