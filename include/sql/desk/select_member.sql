-- One member of the platform, and what the last match made of it.
-- Reads members, unmatched_members. Binds store, member_id. No row or one.
SELECT
    m.member_id,
    m.email,
    m.email_key,
    m.email_state,
    m.status,
    m.external_id,
    m.card,
    m.card_fingerprint,
    m.changed_at_utc,
    m.gone_at_utc,
    u.outcome,
    u.since_utc
FROM members AS m
LEFT JOIN unmatched_members AS u ON m.store = u.store AND m.member_id = u.member_id
WHERE m.store = :store AND m.member_id = :member_id
