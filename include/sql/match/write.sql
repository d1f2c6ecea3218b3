-- name: insert_to_plan_decided
-- The customers whose match or class changed: their card may have to change.
-- Reads decided_customers (which holds changes only), writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT
    :store AS store,
    customer_id
FROM decided_customers
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING;

-- name: delete_matches
-- Takes away the matches that are other than before, or are no more; the new ones follow. Deleting
-- and inserting is a third faster than an upsert where nearly all rows are new.
-- Reads decided_customers (which holds changes only), writes matches. Binds store.
DELETE FROM matches
WHERE
    store = :store
    AND customer_id IN (
        SELECT customer_id FROM decided_customers
        WHERE was_matched
    );

-- name: insert_matches
-- Writes the new and the changed matches, whose old rows have been deleted.
-- Reads decided_customers (which holds changes only), writes matches. Binds store.
INSERT INTO matches (store, customer_id, member_id, rule)
SELECT
    :store AS store,
    customer_id,
    member_id,
    rule
FROM decided_customers
WHERE member_id IS NOT NULL;

-- name: delete_unmatched_customers
-- Takes customers off the list of those without a member who are matched now or in another class.
-- Reads decided_customers (which holds changes only), writes unmatched_customers. Binds store.
DELETE FROM unmatched_customers
WHERE
    store = :store
    AND customer_id IN (
        SELECT customer_id FROM decided_customers
        WHERE was_unmatched
    );

-- name: insert_unmatched_customers
-- Writes the customers without a member whose class is new; a class that stays keeps its date,
-- because such customers are not among the decided ones.
-- Reads decided_customers (which holds changes only), writes unmatched_customers.
-- Binds store, now_utc.
INSERT INTO unmatched_customers (store, customer_id, outcome, since_utc)
SELECT
    :store AS store,
    customer_id,
    outcome,
    :now_utc AS since_utc
FROM decided_customers
WHERE member_id IS NULL;

-- name: delete_unmatched_members
-- Takes members off the list of those without a customer who are matched now or in another class.
-- Reads decided_customers, decided_members, writes unmatched_members. Binds store.
DELETE FROM unmatched_members
WHERE
    store = :store
    AND member_id IN (
        SELECT u.member_id
        FROM decided_customers AS d
        CROSS JOIN unmatched_members AS u
        WHERE u.store = :store AND u.member_id = d.member_id
        UNION ALL
        SELECT d.member_id
        FROM decided_members AS d
        WHERE d.was_unmatched
    );

-- name: insert_unmatched_members
-- Writes the members without a customer whose class is new.
-- Reads decided_members, writes unmatched_members. Binds store, now_utc.
INSERT INTO unmatched_members (store, member_id, outcome, since_utc)
SELECT
    :store AS store,
    member_id,
    outcome,
    :now_utc AS since_utc
FROM decided_members;

-- name: insert_to_plan_touched
-- The customers who were touched themselves (another card may be shown there now, or they wrote a
-- ticket), and those matched to a touched member (whose card may have changed).
-- Reads scope_customers, scope_members, scope_cards, matches; writes to_plan. Binds store.
INSERT INTO to_plan (store, customer_id)
SELECT
    :store AS store,
    reached.customer_id
FROM (
    SELECT s.customer_id
    FROM scope_customers AS s
    WHERE s.round = 0
    UNION
    SELECT mt.customer_id
    FROM scope_members AS s
    CROSS JOIN matches AS mt
    WHERE s.round = 0 AND mt.store = :store AND mt.member_id = s.member_id
    UNION
    SELECT mt.customer_id
    FROM scope_cards AS s
    CROSS JOIN matches AS mt
    WHERE mt.store = :store AND mt.member_id = s.member_id
) AS reached
WHERE TRUE
ON CONFLICT (store, customer_id) DO NOTHING;

-- name: count_customers
-- How many customers there are, are matched, and are in each class. One pass over each table and no
-- sorting: this runs on every incremental match too.
-- Reads customers, matches, unmatched_customers. Binds store. One row.
SELECT
    (
        SELECT COUNT(*) FROM customers AS c
        WHERE c.store = :store
    ) AS customers,
    (
        SELECT COUNT(*) FROM matches AS m
        WHERE m.store = :store
    ) AS paired,
    COUNT(CASE WHEN u.outcome = 'customer_not_found' THEN 1 END) AS customer_not_found,
    COUNT(CASE WHEN u.outcome = 'not_a_member' THEN 1 END) AS not_a_member,
    COUNT(CASE WHEN u.outcome = 'ambiguous' THEN 1 END) AS ambiguous,
    COUNT(CASE WHEN u.outcome = 'no_email' THEN 1 END) AS no_email,
    COUNT(CASE WHEN u.outcome = 'invalid_email' THEN 1 END) AS invalid_email,
    COUNT(CASE WHEN u.outcome = 'merged_or_deleted' THEN 1 END) AS merged_or_deleted,
    COUNT(CASE WHEN u.outcome = 'excluded' THEN 1 END) AS excluded,
    COUNT(CASE WHEN u.outcome = 'erased' THEN 1 END) AS erased
FROM unmatched_customers AS u
WHERE u.store = :store;

-- name: count_members
-- How many members there are, are matched, and are in each class. Matched are those in no class;
-- that each of them has a match is a quality check (member_left_out), and grouping a million
-- matches by member would take as long as an incremental match.
-- Reads members, unmatched_members. Binds store. One row.
SELECT
    listed.members,
    listed.member_not_in_gorgias,
    listed.ambiguous,
    listed.no_email,
    listed.invalid_email,
    listed.merged_or_deleted,
    listed.excluded,
    listed.erased,
    listed.members - listed.unmatched AS paired
FROM (
    SELECT
        (
            SELECT COUNT(*) FROM members AS m
            WHERE m.store = :store
        ) AS members,
        COUNT(*) AS unmatched,
        COUNT(CASE WHEN u.outcome = 'member_not_in_gorgias' THEN 1 END) AS member_not_in_gorgias,
        COUNT(CASE WHEN u.outcome = 'ambiguous' THEN 1 END) AS ambiguous,
        COUNT(CASE WHEN u.outcome = 'no_email' THEN 1 END) AS no_email,
        COUNT(CASE WHEN u.outcome = 'invalid_email' THEN 1 END) AS invalid_email,
        COUNT(CASE WHEN u.outcome = 'merged_or_deleted' THEN 1 END) AS merged_or_deleted,
        COUNT(CASE WHEN u.outcome = 'excluded' THEN 1 END) AS excluded,
        COUNT(CASE WHEN u.outcome = 'erased' THEN 1 END) AS erased
    FROM unmatched_members AS u
    WHERE u.store = :store
) AS listed;
