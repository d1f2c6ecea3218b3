-- name: select_members
-- What is staged of one batch of members, to find what changed. Columns in the table's order.
-- Reads members. Binds store, ids (a list of member ids). One row per member that is staged.
SELECT
    store,
    member_id,
    email,
    email_key,
    email_state,
    status,
    phone,
    external_id,
    points_balance,
    tier_rank,
    card,
    card_fingerprint,
    changed_at_utc,
    gone_at_utc
FROM members
WHERE store = :store AND member_id IN (:ids);

-- name: mark_member_gone
-- Marks a member as gone: the platform said so when it was asked about that very one, unless a read
-- that asked later found it.
-- Writes members. Binds store, now_utc (when it was asked), member_id. One row with the e-mail key,
-- unless it was gone.
UPDATE members
SET gone_at_utc = :now_utc, changed_at_utc = :now_utc
WHERE
    store = :store
    AND gone_at_utc IS NULL
    AND member_id = :member_id
    AND changed_at_utc <= :now_utc
RETURNING email_key;

-- name: count_unseen_members
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
    );

-- name: touch_unseen_members
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
ON CONFLICT (store, kind, value) DO NOTHING;

-- name: mark_unseen_members
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
    );

-- name: select_ids_by_address
-- Which member has an address, of members who are some customer. Before the first match nobody is:
-- what stands here may be of an account that was not the right one.
-- Reads members, matches. Binds store, email_keys (a list). One row per address.
SELECT
    m.email_key,
    MIN(m.member_id) AS member_id
FROM members AS m
WHERE
    m.store = :store
    AND m.email_key IN (:email_keys)
    AND m.gone_at_utc IS NULL
    AND m.member_id IN (
        SELECT mt.member_id
        FROM matches AS mt
        WHERE mt.store = :store
    )
GROUP BY m.email_key
HAVING COUNT(*) = 1;

-- name: select_some_known
-- Some members who are some customer, whichever, but for one ('' for nobody): of one made anew
-- others need tell nothing.
-- Reads members, matches. Binds store, member_id, most. One row per member.
SELECT
    m.member_id,
    m.email_key
FROM members AS m
WHERE
    m.store = :store
    AND m.member_id != :member_id
    AND m.email_key IS NOT NULL
    AND m.gone_at_utc IS NULL
    AND m.member_id IN (
        SELECT mt.member_id
        FROM matches AS mt
        WHERE mt.store = :store
    )
ORDER BY RANDOM()
LIMIT :most;

-- name: select_address
-- The address of a member as staging knows it, also of one who is gone.
-- Reads members. Binds store, member_id. One row, or none.
SELECT email_key
FROM members
WHERE store = :store AND member_id = :member_id;
