-- name: select_activity
-- A member as staged, and what a lookup read of the movements before; with another card it may be
-- wrong by now. NULLs where none did.
-- Reads members, activities. Binds store, member_id. No row or one.
SELECT
    m.external_id,
    m.card,
    m.card_fingerprint,
    a.card_fingerprint AS read_fingerprint,
    a.said,
    a.read_at_utc
FROM members AS m
LEFT JOIN activities AS a ON m.store = a.store AND m.member_id = a.member_id
WHERE
    m.store = :store
    AND m.member_id = :member_id
    AND m.gone_at_utc IS NULL
    AND m.status <> 'erased';

-- name: upsert_activity
-- Keeps what was read of a member's movements, while the card is still the one of then: who was
-- erased meanwhile is not brought back.
-- Writes activities. Reads members. Binds store, member_id, card_fingerprint, words, now_utc.
INSERT INTO activities (store, member_id, card_fingerprint, said, read_at_utc)
SELECT
    m.store,
    m.member_id,
    m.card_fingerprint,
    :words AS said,
    :now_utc AS read_at_utc
FROM members AS m
WHERE
    m.store = :store
    AND m.member_id = :member_id
    AND m.card_fingerprint = :card_fingerprint
    AND m.gone_at_utc IS NULL
    AND m.status <> 'erased'
ON CONFLICT (store, member_id) DO UPDATE
    SET
        card_fingerprint = excluded.card_fingerprint,
        said = excluded.said,
        read_at_utc = excluded.read_at_utc;

-- name: delete_old_activities
-- Forgets what was read long ago. What stands in Gorgias stays until the card is written next.
-- Writes activities. Binds store, before_utc.
DELETE FROM activities
WHERE store = :store AND read_at_utc < :before_utc;
