-- name: upsert_set_aside
-- Sets somebody aside: a row of theirs is at fault. One who is already keeps the time.
-- Writes set_aside. Binds store, side, subject_id, found_by, reason, email_key, now_utc.
INSERT INTO set_aside (store, side, subject_id, found_by, reason, email_key, since_utc)
VALUES (:store, :side, :subject_id, :found_by, :reason, :email_key, :now_utc)
ON CONFLICT (store, side, subject_id, found_by) DO UPDATE
    SET
        reason = excluded.reason,
        email_key = excluded.email_key;

-- name: delete_found_by
-- Takes back what the last run of a step's checks found, as they look anew.
-- Deletes from set_aside. Binds store, found_by.
DELETE FROM set_aside
WHERE store = :store AND found_by = :found_by;

-- name: find_rejected
-- Whether anybody of a side is set aside for a row that could not be used.
-- Reads set_aside. Binds store, side. No row or one.
SELECT subject_id
FROM set_aside
WHERE store = :store AND side = :side AND found_by = 'read'
ORDER BY subject_id ASC
LIMIT 1;

-- name: delete_rejected
-- Takes back people of whom a good row came.
-- Deletes from set_aside. Binds store, side, ids (a list of text).
DELETE FROM set_aside
WHERE store = :store AND side = :side AND found_by = 'read' AND subject_id IN (:ids);

-- name: delete_unseen
-- Takes back people whom a full scan did not see: they left.
-- Reads scan_seen, deletes from set_aside. Binds store, side, source.
DELETE FROM set_aside
WHERE
    store = :store
    AND side = :side
    AND found_by = 'read'
    AND NOT EXISTS (
        SELECT 1 FROM scan_seen
        WHERE
            scan_seen.store = set_aside.store
            AND scan_seen.source = :source
            AND scan_seen.subject_id = set_aside.subject_id
    );

-- name: count_checked
-- How many rows each step's checks look at: what a share of rows at fault is of.
-- Reads members, customers, changes. Binds store, run_id. One row.
SELECT
    (
        SELECT COUNT(*) FROM members
        WHERE store = :store
    ) AS members,
    (
        SELECT COUNT(*) FROM customers
        WHERE store = :store
    ) AS customers,
    (
        SELECT COUNT(*) FROM changes
        WHERE store = :store AND run_id = :run_id
    ) AS changes;

-- name: delete_changes_at_fault
-- Takes out of the plan what its checks found at fault, before it is sent.
-- Reads set_aside, writes changes. Binds store, run_id.
DELETE FROM changes
WHERE
    store = :store
    AND run_id = :run_id
    AND state = 'planned'
    AND customer_id IN (
        SELECT CAST(subject_id AS BIGINT) FROM set_aside
        WHERE store = :store AND side = 'customer' AND found_by = 'plan'
    );

-- name: plan_again
-- Has the next plan look again at the customers whom a step's checks set aside.
-- Reads set_aside, customers; writes to_plan. Binds store, found_by.
INSERT INTO to_plan (store, customer_id)
SELECT
    customers.store,
    customers.customer_id
FROM set_aside
CROSS JOIN customers
WHERE
    set_aside.store = :store
    AND set_aside.side = 'customer'
    AND set_aside.found_by = :found_by
    AND customers.store = :store
    AND customers.customer_id = CAST(set_aside.subject_id AS BIGINT)
ON CONFLICT (store, customer_id) DO NOTHING;

-- name: select_stale
-- Why the card of a customer is not the newest: it is set aside, or its member is.
-- Reads set_aside. Binds store, customer_text, member_id (empty for none).
-- One row per reason, the oldest first.
SELECT
    reason,
    side,
    since_utc
FROM set_aside
WHERE
    store = :store
    AND (
        (side = 'customer' AND subject_id = :customer_text)
        OR (side = 'member' AND subject_id = :member_id)
    )
ORDER BY since_utc ASC, reason ASC;
