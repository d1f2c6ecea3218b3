-- When a member was last read for sure: by the last whole scan, or when a change was seen since.
-- Reads members, watermarks. Binds store, member_id (empty for nobody). One row.
SELECT
    (
        SELECT w.full_scan_at_utc
        FROM watermarks AS w
        WHERE w.store = :store AND w.source = 'members'
    ) AS scanned_at_utc,
    (
        SELECT m.changed_at_utc
        FROM members AS m
        WHERE m.store = :store AND m.member_id = :member_id
    ) AS changed_at_utc
