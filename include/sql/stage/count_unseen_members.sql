-- How many live members the full scan did not see, for the brake.
-- Reads members, scan_seen. Binds store. One row.
SELECT COUNT(*) AS unseen
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
