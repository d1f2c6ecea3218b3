-- name: delete_rejected_records
-- Forgets what an earlier try of the same read rejected, so that a repeat counts nothing twice.
-- Writes rejected_records. Binds store, run_id, source.
DELETE FROM rejected_records
WHERE store = :store AND run_id = :run_id AND source = :source;

-- name: count_members
-- How many members are staged, and how many of them are not gone (the base of the shrink limit).
-- Reads members. Binds store. One row.
SELECT
    COUNT(*) AS staged,
    COUNT(*) - COUNT(gone_at_utc) AS live
FROM members
WHERE store = :store;

-- name: count_customers
-- How many customers are staged, and how many of them are not gone (the base of the shrink limit).
-- Reads customers. Binds store. One row.
SELECT
    COUNT(*) AS staged,
    COUNT(*) - COUNT(gone_at_utc) AS live
FROM customers
WHERE store = :store;

-- name: select_customers_to_ask
-- Customers to ask a platform about that lists no members: recent tickets, a valid address, and not
-- asked about for a while; with the one member who has the address, to be read by id.
-- Reads customers, tickets, members, member_lookups. Binds store, asked_before_utc, lookups.
-- One row per customer; who was never asked about first, then the newest ticket.
SELECT
    customers.customer_id,
    customers.email_key,
    (
        SELECT MIN(members.member_id) FROM members
        WHERE
            members.store = customers.store
            AND members.email_key = customers.email_key
            AND members.gone_at_utc IS NULL
        HAVING COUNT(*) = 1
    ) AS member_id,
    MAX(tickets.updated_at_utc) AS newest_ticket_utc
FROM customers
INNER JOIN tickets
    ON customers.store = tickets.store AND customers.customer_id = tickets.customer_id
LEFT JOIN member_lookups
    ON
        customers.store = member_lookups.store
        AND customers.customer_id = member_lookups.customer_id
WHERE
    customers.store = :store
    AND customers.gone_at_utc IS NULL
    AND customers.email_key IS NOT NULL
    AND (
        member_lookups.asked_at_utc IS NULL
        OR member_lookups.asked_at_utc < :asked_before_utc
    )
GROUP BY customers.store, customers.customer_id, customers.email_key, member_lookups.asked_at_utc
ORDER BY
    CASE WHEN member_lookups.asked_at_utc IS NULL THEN 0 ELSE 1 END ASC,
    newest_ticket_utc DESC,
    customers.customer_id ASC
LIMIT :lookups;

-- name: note_asked
-- Notes that the platform was asked about a customer.
-- Writes member_lookups. Binds store, customer_id, now_utc.
INSERT INTO member_lookups (store, customer_id, asked_at_utc)
VALUES (:store, :customer_id, :now_utc)
ON CONFLICT (store, customer_id) DO UPDATE SET asked_at_utc = :now_utc;

-- name: select_channel_candidates
-- Customers whose further e-mail addresses are worth one lookup each. First those who changed since
-- a further address was read that decides something, as a match or against somebody who has it too:
-- they may have given it up. Then those with recent tickets whom neither a link nor the primary
-- address settles, by the order of the match: who may have no card settles nothing. Not looked up
-- since they last changed; the newest ticket first, as an agent may open it next.
-- Who is dated in the future would be looked up in every run.
-- Reads customers, customer_channels, matches, tickets, members, links.
-- Binds store, lookups, now_utc and guest_status, as the match does ('guest' when guests count as
-- members, else 'member'). One row per customer.
WITH candidates AS (
    SELECT
        customers.customer_id,
        0 AS is_held,
        MAX(tickets.updated_at_utc) AS newest_ticket_utc
    FROM customers
    INNER JOIN tickets
        ON customers.store = tickets.store AND customers.customer_id = tickets.customer_id
    WHERE
        customers.store = :store
        AND customers.gone_at_utc IS NULL
        AND (
            customers.channels_read_at_utc IS NULL
            OR (
                customers.channels_read_at_utc < customers.updated_at_utc
                AND customers.updated_at_utc <= :now_utc
            )
        )
        AND NOT EXISTS (
            SELECT 1 FROM members
            WHERE
                members.store = customers.store
                AND members.email_key = customers.email_key
                AND members.gone_at_utc IS NULL
                AND members.status IN ('member', :guest_status)
        )
        AND NOT EXISTS (
            SELECT 1
            FROM links
            INNER JOIN members
                ON links.store = members.store AND links.member_id = members.member_id
            WHERE
                links.store = customers.store
                AND links.customer_id = customers.customer_id
                AND members.gone_at_utc IS NULL
                AND members.status IN ('member', :guest_status)
        )
    GROUP BY customers.customer_id
    UNION ALL
    SELECT
        holders.customer_id,
        1 AS is_held,
        '' AS newest_ticket_utc
    FROM customer_channels AS held
    CROSS JOIN customers AS holders
    WHERE
        held.store = :store
        AND holders.store = :store
        AND holders.customer_id = held.customer_id
        AND holders.gone_at_utc IS NULL
        AND holders.channels_read_at_utc < holders.updated_at_utc
        AND holders.updated_at_utc <= :now_utc
        AND (
            EXISTS (
                SELECT 1 FROM matches
                WHERE
                    matches.store = held.store
                    AND matches.customer_id = held.customer_id
                    AND matches.rule = 'channel'
            )
            OR EXISTS (
                SELECT 1 FROM customers AS rivals
                WHERE
                    rivals.store = held.store
                    AND rivals.email_key = held.email_key
                    AND rivals.gone_at_utc IS NULL
            )
            OR EXISTS (
                SELECT 1 FROM customer_channels AS rivals
                WHERE
                    rivals.store = held.store
                    AND rivals.email_key = held.email_key
                    AND rivals.customer_id <> held.customer_id
            )
        )
)

SELECT
    customer_id,
    MAX(is_held) AS is_held,
    MAX(newest_ticket_utc) AS newest_ticket_utc
FROM candidates
GROUP BY customer_id
ORDER BY is_held DESC, newest_ticket_utc DESC, customer_id ASC
LIMIT :lookups;

-- name: select_with_card
-- Those of some customers to whom a card was written.
-- Reads pushed_cards. Binds store, ids (a list of customer ids). One row per customer.
SELECT DISTINCT customer_id
FROM pushed_cards
WHERE store = :store AND customer_id IN (:ids) AND fingerprint <> 'none';

-- name: select_rivals
-- Customers with a card who are said to have a further address of another one as their own. In
-- Gorgias only one customer can have it, so they were merged or gave it up. Of who has no card yet
-- the write tells.
-- Reads customer_channels, customers, pushed_cards. Binds store, customer_id. One row per customer.
SELECT DISTINCT rivals.customer_id
FROM customer_channels AS held
CROSS JOIN customers AS rivals
WHERE
    held.store = :store
    AND held.customer_id = :customer_id
    AND rivals.store = :store
    AND rivals.email_key = held.email_key
    AND rivals.customer_id <> held.customer_id
    AND rivals.gone_at_utc IS NULL
    AND EXISTS (
        SELECT 1 FROM pushed_cards AS shown
        WHERE
            shown.store = rivals.store
            AND shown.customer_id = rivals.customer_id
            AND shown.fingerprint <> 'none'
    )
ORDER BY rivals.customer_id ASC;

-- name: select_live_members
-- Who is not gone, to find out whom a file of everybody leaves out.
-- Reads members. Binds store. One row per member.
SELECT member_id
FROM members
WHERE store = :store AND gone_at_utc IS NULL
ORDER BY member_id ASC;
