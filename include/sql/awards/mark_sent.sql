-- Notes that the platform is about to be asked; committed before it is. Only the holder of the
-- claim, only while its lease lasts.
-- Writes awards. Binds store, award_id, claimed_by, now_utc, member_id, lease_until_utc.
UPDATE awards
SET
    sent_at_utc = :now_utc,
    sends = sends + 1,
    member_id = :member_id,
    lease_until_utc = :lease_until_utc
WHERE
    store = :store
    AND award_id = :award_id
    AND state = 'applying'
    AND claimed_by = :claimed_by
    AND lease_until_utc > :now_utc
