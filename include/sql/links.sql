-- name: find_customer
-- Whether a customer is staged and not gone.
-- Reads customers. Binds store, customer_id. One row, or none.
SELECT customer_id
FROM customers
WHERE store = :store AND customer_id = :customer_id AND gone_at_utc IS NULL;

-- name: find_member
-- Whether a member is staged and not gone.
-- Reads members. Binds store, member_id. One row, or none.
SELECT member_id
FROM members
WHERE store = :store AND member_id = :member_id AND gone_at_utc IS NULL;

-- name: select_link
-- The member that a person linked a customer to.
-- Reads links. Binds store, customer_id. One row, or none.
SELECT member_id
FROM links
WHERE store = :store AND customer_id = :customer_id;

-- name: upsert_link
-- Keeps a person's decision that a customer is a member though their e-mails differ.
-- Writes links. Binds store, customer_id, member_id, confirmed_by, now_utc.
INSERT INTO links (store, customer_id, member_id, confirmed_by, confirmed_at_utc)
VALUES (:store, :customer_id, :member_id, :confirmed_by, :now_utc)
ON CONFLICT (store, customer_id) DO UPDATE
    SET
        member_id = excluded.member_id,
        confirmed_by = excluded.confirmed_by,
        confirmed_at_utc = excluded.confirmed_at_utc;

-- name: delete_link
-- Takes a decision back; the customer is matched by e-mail again.
-- Writes links. Binds store, customer_id. One row when there was a link.
DELETE FROM links
WHERE store = :store AND customer_id = :customer_id
RETURNING member_id;

-- name: delete_former_pair
-- Has a customer be nobody whom a member was on platforms that the store left, either.
-- Writes former_members. Binds store, customer_text, member_id.
WITH RECURSIVE earlier AS (
    SELECT f.member_id
    FROM former_members AS f
    WHERE f.store = :store AND f.kind = 'member' AND f.value = :member_id
    UNION
    SELECT f.member_id
    FROM former_members AS f
    INNER JOIN earlier AS e ON f.value = e.member_id
    WHERE f.store = :store AND f.kind = 'member'
)

DELETE FROM former_members
WHERE
    store = :store
    AND kind = 'customer'
    AND value = :customer_text
    AND member_id IN (
        SELECT e.member_id
        FROM earlier AS e
    );

-- name: insert_touched
-- Has the next match look at a customer or a member again.
-- Touches the row even when it is there, so that one being taken off right now comes back.
-- Writes touched. Binds store, kind (customer or member), value (its id as text).
INSERT INTO touched (store, kind, value)
VALUES (:store, :kind, :value)
ON CONFLICT (store, kind, value) DO UPDATE
    SET value = excluded.value;
