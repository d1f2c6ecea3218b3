-- name: select_ids_in_use
-- The member ids that something is kept under which outlives a sync, with the valid address that
-- tells who it is, and how many members have it.
-- Reads links, refused_suggestions, ignored_mismatches, decisions, awards, members. Binds store.
-- One row per id; `email_key` is NULL for who is gone or has no valid address.
WITH used AS (
    SELECT member_id FROM links
    WHERE store = :store
    UNION
    SELECT member_id FROM refused_suggestions
    WHERE store = :store
    UNION
    SELECT subject_id AS member_id FROM ignored_mismatches
    WHERE store = :store AND side = 'member'
    UNION
    SELECT member_id FROM decisions
    WHERE store = :store AND member_id IS NOT NULL
    UNION
    SELECT subject_id AS member_id FROM decisions
    WHERE store = :store AND side = 'member' AND subject_id <> 'erased'
    UNION
    SELECT member_id FROM awards
    WHERE store = :store AND member_id IS NOT NULL
)

SELECT
    u.member_id,
    m.email_key,
    (
        SELECT COUNT(*) FROM members AS o
        WHERE o.store = :store AND o.email_key = m.email_key AND o.gone_at_utc IS NULL
    ) AS holders
FROM used AS u
LEFT JOIN members AS m
    ON
        m.store = :store
        AND u.member_id = m.member_id
        AND m.gone_at_utc IS NULL
        AND m.email_state = 'valid'
ORDER BY u.member_id ASC;

-- name: select_links
-- Who is linked to whom.
-- Reads links. Binds store. One row per link.
SELECT
    customer_id,
    member_id
FROM links
WHERE store = :store
ORDER BY customer_id ASC;

-- name: count_under_way
-- Awards that a worker has taken, and that may be at the platform right now.
-- Reads awards. Binds store, now_utc. One row.
SELECT COUNT(*) AS awards
FROM awards
WHERE store = :store AND state = 'applying' AND lease_until_utc > :now_utc;

-- name: count_waiting
-- Awards that wait, and those that were sent and whose end nobody knows.
-- Reads awards. Binds store. One row.
SELECT
    COALESCE(SUM(CASE WHEN sends = 0 AND sent_at_utc IS NULL THEN 1 ELSE 0 END), 0) AS unsent,
    COALESCE(SUM(CASE WHEN sends > 0 OR sent_at_utc IS NOT NULL THEN 1 ELSE 0 END), 0) AS sent
FROM awards
WHERE store = :store AND state IN ('queued', 'needs_approval', 'approved', 'applying');

-- name: reject_unsent
-- Rejects what was never sent, and so is surely not booked.
-- Writes awards. Binds store, detail, now_utc. One row per award.
UPDATE awards
SET
    state = 'rejected',
    detail = :detail,
    settled_at_utc = :now_utc,
    claimed_by = NULL,
    lease_until_utc = NULL
WHERE
    store = :store
    AND state IN ('queued', 'needs_approval', 'approved', 'applying')
    AND sends = 0
    AND sent_at_utc IS NULL
RETURNING award_id;

-- name: doubt_sent
-- Leaves to a person what was sent to the platform that is left, and may be booked there.
-- Writes awards. Binds store, detail, now_utc. One row per award.
UPDATE awards
SET
    state = 'unknown',
    detail = :detail,
    settled_at_utc = :now_utc,
    claimed_by = NULL,
    lease_until_utc = NULL
WHERE store = :store AND state IN ('queued', 'needs_approval', 'approved', 'applying')
RETURNING award_id;

-- name: mark_shown
-- Ends the following up of what was booked on the platform that is left.
-- Writes awards. Binds store, now_utc.
UPDATE awards
SET shown_at_utc = :now_utc
WHERE store = :store AND state = 'applied' AND shown_at_utc IS NULL;

-- name: part_links
-- Puts the name of the platform before every member id: another platform may have the same ids.
-- Writes links. Binds store, prefix.
UPDATE links
SET member_id = CAST(:prefix AS TEXT) || member_id
WHERE store = :store;

-- name: part_refused
-- The same for refused suggestions.
-- Writes refused_suggestions. Binds store, prefix.
UPDATE refused_suggestions
SET member_id = CAST(:prefix AS TEXT) || member_id
WHERE store = :store;

-- name: part_ignored
-- The same for members of whom nobody wants to hear.
-- Writes ignored_mismatches. Binds store, prefix.
UPDATE ignored_mismatches
SET subject_id = CAST(:prefix AS TEXT) || subject_id
WHERE store = :store AND side = 'member';

-- name: part_decisions
-- The same for the history of decisions, as far as an earlier change did not; who was erased has
-- no id.
-- Writes decisions. Binds store, prefix.
UPDATE decisions
SET
    member_id = CAST(:prefix AS TEXT) || member_id,
    subject_id = CASE
        WHEN side = 'member' THEN CAST(:prefix AS TEXT) || subject_id ELSE subject_id
    END
WHERE
    store = :store
    AND COALESCE(member_id, '') NOT LIKE '% %'
    AND NOT (side = 'member' AND (subject_id LIKE '% %' OR subject_id = 'erased'));

-- name: part_awards
-- The same for awards; an address is whom the limits count until a member is known, and stays.
-- Writes awards. Binds store, prefix.
UPDATE awards
SET
    subject = CASE
        WHEN subject = member_id THEN CAST(:prefix AS TEXT) || subject ELSE subject
    END,
    member_id = CAST(:prefix AS TEXT) || member_id
WHERE store = :store AND member_id IS NOT NULL AND member_id NOT LIKE '% %';

-- name: part_changes
-- The same for whose cards were written.
-- Writes changes. Binds store, prefix.
UPDATE changes
SET member_id = CAST(:prefix AS TEXT) || member_id
WHERE store = :store AND member_id IS NOT NULL AND member_id NOT LIKE '% %';

-- name: part_card_writes
-- The same for what those cards said.
-- Writes card_writes. Binds store, prefix.
UPDATE card_writes
SET member_id = CAST(:prefix AS TEXT) || member_id
WHERE store = :store AND member_id IS NOT NULL AND member_id NOT LIKE '% %';

-- name: part_rejected
-- The same for rows that a read could not use.
-- Writes rejected_records. Binds store, prefix.
UPDATE rejected_records
SET record_id = CAST(:prefix AS TEXT) || record_id
WHERE
    store = :store
    AND source IN ('members', 'member_lookups')
    AND record_id IS NOT NULL
    AND record_id NOT LIKE '% %';

-- name: part_former
-- The same for who the members of a platform before that are on this one.
-- Writes former_members. Binds store, prefix.
UPDATE former_members
SET value = CAST(:prefix AS TEXT) || value
WHERE store = :store AND kind = 'member' AND value NOT LIKE '% %';

-- name: carry_links
-- Has a link lead to the same person on the new platform.
-- Writes links. Binds store, old, new.
UPDATE links
SET member_id = :new
WHERE store = :store AND member_id = :old;

-- name: carry_refused
-- The same for refused suggestions.
-- Writes refused_suggestions. Binds store, old, new.
UPDATE refused_suggestions
SET member_id = :new
WHERE store = :store AND member_id = :old;

-- name: carry_ignored
-- The same for members of whom nobody wants to hear.
-- Writes ignored_mismatches. Binds store, old, new.
UPDATE ignored_mismatches
SET subject_id = :new
WHERE store = :store AND side = 'member' AND subject_id = :old;

-- name: carry_decisions
-- The same for the history of decisions, so that they can be undone.
-- Writes decisions. Binds store, old, new.
UPDATE decisions
SET
    member_id = CASE WHEN member_id = :old THEN :new ELSE member_id END,
    subject_id = CASE WHEN side = 'member' AND subject_id = :old THEN :new ELSE subject_id END
WHERE store = :store AND (member_id = :old OR (side = 'member' AND subject_id = :old));

-- name: carry_awards
-- The same for awards: their history and the limits of the day go on.
-- Writes awards. Binds store, old, new.
UPDATE awards
SET
    member_id = :new,
    subject = CASE WHEN subject = :old THEN :new ELSE subject END
WHERE store = :store AND member_id = :old
RETURNING award_id, state;

-- name: keep_addresses
-- Keeps who a member of the platform that is left was, by the address: once members are forgotten,
-- nothing else leads to what stays under the old id, and in reports.
-- Writes former_members. Reads members. Binds store, prefix, now_utc.
INSERT INTO former_members (store, member_id, kind, value, left_at_utc)
SELECT
    m.store,
    CAST(:prefix AS TEXT) || m.member_id AS member_id,
    'email_key' AS kind,
    m.email_key,
    :now_utc AS left_at_utc
FROM members AS m
WHERE m.store = :store AND m.email_key IS NOT NULL
ON CONFLICT (store, member_id, kind, value) DO UPDATE
    SET left_at_utc = excluded.left_at_utc;

-- name: keep_customers
-- The same by the customers who were that member by a link. Who was it by an address is known by
-- that, for as long as it is theirs: it may be somebody else's later.
-- Writes former_members. Reads links. Binds store, prefix, now_utc.
INSERT INTO former_members (store, member_id, kind, value, left_at_utc)
SELECT
    l.store,
    CAST(:prefix AS TEXT) || l.member_id AS member_id,
    'customer' AS kind,
    CAST(l.customer_id AS TEXT) AS customer_text,
    :now_utc AS left_at_utc
FROM links AS l
WHERE l.store = :store
ON CONFLICT (store, member_id, kind, value) DO UPDATE
    SET left_at_utc = excluded.left_at_utc;

-- name: keep_new_id
-- The same by the id on the platform that comes.
-- Writes former_members. Binds store, old (with the name of the platform), new, now_utc.
INSERT INTO former_members (store, member_id, kind, value, left_at_utc)
VALUES (:store, :old, 'member', :new, :now_utc)
ON CONFLICT (store, member_id, kind, value) DO UPDATE
    SET left_at_utc = excluded.left_at_utc;

-- name: drop_links
-- Removes links to nobody; their customers are matched by e-mail again.
-- Writes links. Binds store, pattern.
DELETE FROM links
WHERE store = :store AND member_id LIKE :pattern;

-- name: drop_refused
-- Removes what was refused of nobody.
-- Writes refused_suggestions. Binds store, pattern.
DELETE FROM refused_suggestions
WHERE store = :store AND member_id LIKE :pattern;

-- name: drop_ignored
-- Removes what was ignored of nobody.
-- Writes ignored_mismatches. Binds store, pattern.
DELETE FROM ignored_mismatches
WHERE store = :store AND side = 'member' AND subject_id LIKE :pattern;

-- name: end_decisions
-- Takes back the decisions about nobody; they stay in the history.
-- Writes decisions. Binds store, pattern, actor, now_utc.
UPDATE decisions
SET
    undone_by = :actor,
    undone_at_utc = :now_utc
WHERE
    store = :store
    AND undone_at_utc IS NULL
    AND (member_id LIKE :pattern OR (side = 'member' AND subject_id LIKE :pattern));

-- name: delete_members
-- Forgets the members of the platform that is left.
-- Writes members. Binds store.
DELETE FROM members
WHERE store = :store;

-- name: delete_matches
-- Forgets who was matched; the next run matches everybody.
-- Writes matches. Binds store.
DELETE FROM matches
WHERE store = :store;

-- name: delete_unmatched_members
-- Forgets members without a customer.
-- Writes unmatched_members. Binds store.
DELETE FROM unmatched_members
WHERE store = :store;

-- name: delete_mismatches
-- Forgets mismatches of members; those of customers keep their age.
-- Writes mismatches. Binds store.
DELETE FROM mismatches
WHERE store = :store AND side = 'member';

-- name: delete_suggestions
-- Forgets who somebody may be.
-- Writes suggestions. Binds store.
DELETE FROM suggestions
WHERE store = :store;

-- name: delete_cards_to_show
-- Forgets whose card was to be shown at once.
-- Writes cards_to_show. Binds store.
DELETE FROM cards_to_show
WHERE store = :store;

-- name: delete_activities
-- Forgets what was read of movements.
-- Writes activities. Binds store.
DELETE FROM activities
WHERE store = :store;

-- name: delete_ledger_entries
-- Forgets what was read of the ledger.
-- Writes ledger_entries. Binds store.
DELETE FROM ledger_entries
WHERE store = :store;

-- name: delete_set_aside
-- Forgets rows of members that were at fault.
-- Writes set_aside. Binds store.
DELETE FROM set_aside
WHERE store = :store AND side = 'member';

-- name: delete_scan_seen
-- Forgets what an unfinished read of members has seen.
-- Writes scan_seen. Binds store.
DELETE FROM scan_seen
WHERE store = :store AND source = 'members';

-- name: delete_touched
-- Forgets which members changed.
-- Writes touched. Binds store.
DELETE FROM touched
WHERE store = :store AND kind IN ('member', 'card');

-- name: delete_member_lookups
-- Has customers asked about anew on a platform without a list.
-- Writes member_lookups. Binds store.
DELETE FROM member_lookups
WHERE store = :store;

-- name: delete_watermarks
-- Has members read, and everybody matched and planned, in full.
-- Writes watermarks. Binds store, kept (the sources that stay).
DELETE FROM watermarks
WHERE store = :store AND source NOT IN (:kept);
