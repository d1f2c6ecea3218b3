-- Leaves of decisions that they were made, when and by whom, and not about whom.
-- Writes decisions. Binds store; customer_texts and member_ids (lists); now_utc.
UPDATE decisions
SET
    subject_id = 'erased',
    member_id = NULL,
    reason = NULL,
    undone_by = COALESCE(undone_by, 'erased'),
    undone_at_utc = COALESCE(undone_at_utc, :now_utc)
WHERE
    store = :store
    AND (
        (side = 'customer' AND subject_id IN (:customer_texts))
        OR (side = 'member' AND subject_id IN (:member_ids))
        OR member_id IN (:member_ids)
    )
