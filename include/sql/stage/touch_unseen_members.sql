-- Lets the match look again at the live members that the full scan did not see, and at everybody
-- with the same e-mail key.
-- Reads members, scan_seen; writes touched. Binds store.
INSERT INTO touched (store, kind, value)
WITH unseen AS (
    SELECT
        members.store,
        members.email_key,
        members.member_id AS subject_id
    FROM members
    WHERE
        members.store = :store
        AND members.gone_at_utc IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM scan_seen
            WHERE
                scan_seen.store = members.store
                AND scan_seen.source = 'members'
                AND scan_seen.subject_id = members.member_id
        )
)

SELECT
    store,
    'member' AS kind,
    subject_id AS value
FROM unseen
UNION ALL
SELECT
    store,
    'email_key' AS kind,
    email_key AS value
FROM unseen
WHERE email_key IS NOT NULL
ON CONFLICT (store, kind, value) DO NOTHING
