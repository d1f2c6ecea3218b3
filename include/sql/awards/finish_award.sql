-- Moves an award on from `applying`; only the holder of the claim can.
-- Writes awards. Binds store, award_id, claimed_by, state, detail, entry_id, member_id (of whom it
-- was found, for an award by e-mail), now_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    entry_id = :entry_id,
    member_id = COALESCE(member_id, :member_id),
    claimed_by = NULL,
    lease_until_utc = NULL,
    settled_at_utc = :now_utc
WHERE
    store = :store AND award_id = :award_id AND state = 'applying' AND claimed_by = :claimed_by
