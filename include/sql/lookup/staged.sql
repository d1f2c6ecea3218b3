-- name: select_customer
-- Whom the customers with an e-mail key are by something else than that key, as staging has it now:
-- by a link that a person made, or by a further address as far as that match still holds; and the
-- class that the last match gave; and their language. A match by the key itself is not asked for:
-- the address may have changed hands since.
-- Reads customers, links, matches, customer_channels, members, unmatched_customers. Binds store,
-- email_key, guest_status ('guest' when guests count as members, else 'member').
-- One row per customer.
SELECT
    customers.customer_id,
    customers.language,
    linked.member_id AS linked_member_id,
    further.member_id AS further_member_id,
    unmatched_customers.outcome
FROM customers
LEFT JOIN links
    ON customers.store = links.store AND customers.customer_id = links.customer_id
LEFT JOIN members AS linked
    ON
        links.store = linked.store
        AND links.member_id = linked.member_id
        AND linked.gone_at_utc IS NULL
        AND linked.status IN ('member', :guest_status)
LEFT JOIN matches
    ON
        customers.store = matches.store
        AND customers.customer_id = matches.customer_id
        AND matches.rule = 'channel'
LEFT JOIN members AS further
    ON
        matches.store = further.store
        AND matches.member_id = further.member_id
        AND further.gone_at_utc IS NULL
        AND further.status IN ('member', :guest_status)
        AND EXISTS (
            SELECT 1 FROM customer_channels
            WHERE
                customer_channels.store = matches.store
                AND customer_channels.customer_id = matches.customer_id
                AND customer_channels.email_key = further.email_key
        )
LEFT JOIN unmatched_customers
    ON
        customers.store = unmatched_customers.store
        AND customers.customer_id = unmatched_customers.customer_id
WHERE
    customers.store = :store
    AND customers.email_key = :email_key
    AND customers.gone_at_utc IS NULL
ORDER BY customers.customer_id ASC;

-- name: select_members_by_email
-- The members with an e-mail key. A few are enough to know that it is not clear who is meant.
-- Reads members. Binds store, email_key. Ten rows at most.
SELECT
    member_id,
    status
FROM members
WHERE store = :store AND email_key = :email_key AND gone_at_utc IS NULL
ORDER BY member_id ASC
LIMIT 10;

-- name: select_member
-- One member as staged, with what was read of the movements while the card is the one of then.
-- Reads members, activities. Binds store, member_id. No row or one.
SELECT
    m.member_id,
    m.status,
    m.card,
    a.said
FROM members AS m
LEFT JOIN activities AS a
    ON
        m.store = a.store
        AND m.member_id = a.member_id
        AND m.card_fingerprint = a.card_fingerprint
WHERE m.store = :store AND m.member_id = :member_id AND m.gone_at_utc IS NULL;

-- name: select_read_at
-- When a member was last read for sure: by the last whole scan, or when a change was seen since.
-- A scan that could not use the member's row did not read it.
-- Reads members, watermarks, set_aside. Binds store, member_id (empty for nobody). One row.
SELECT
    (
        SELECT w.full_scan_at_utc
        FROM watermarks AS w
        WHERE
            w.store = :store
            AND w.source = 'members'
            AND NOT EXISTS (
                SELECT 1 FROM set_aside AS s
                WHERE s.store = w.store AND s.side = 'member' AND s.subject_id = :member_id
            )
    ) AS scanned_at_utc,
    (
        SELECT m.changed_at_utc
        FROM members AS m
        WHERE m.store = :store AND m.member_id = :member_id
    ) AS changed_at_utc;

-- name: select_further_keys
-- The further e-mail addresses of the customers with an e-mail key.
-- Reads customers, customer_channels. Binds store, email_key. One row per address, ten at most.
SELECT DISTINCT ch.email_key
FROM customers AS c
INNER JOIN customer_channels AS ch ON c.store = ch.store AND c.customer_id = ch.customer_id
WHERE c.store = :store AND c.email_key = :email_key AND c.gone_at_utc IS NULL
ORDER BY ch.email_key ASC
LIMIT 10;
