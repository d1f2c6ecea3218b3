-- Marks the live members that the full scan did not see as gone.
-- Reads scan_seen, writes members. Binds store, now_utc.
UPDATE members
SET gone_at_utc = :now_utc, changed_at_utc = :now_utc
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM scan_seen
        WHERE
            scan_seen.store = members.store
            AND scan_seen.source = 'members'
            AND scan_seen.subject_id = members.member_id
    )
