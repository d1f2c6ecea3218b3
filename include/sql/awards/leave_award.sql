-- Leaves an award for later: in the queue, or claimed until its lease ends.
-- Writes awards. Binds store, award_id, claimed_by, state, detail, sends, sent_at_utc,
-- lease_until_utc.
UPDATE awards
SET
    state = :state,
    detail = :detail,
    sends = :sends,
    sent_at_utc = :sent_at_utc,
    lease_until_utc = :lease_until_utc
WHERE
    store = :store AND award_id = :award_id AND state = 'applying' AND claimed_by = :claimed_by
