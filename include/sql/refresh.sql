-- name: ask_for_card
-- Asks for a member's card to be shown at once; however often, it is one row.
-- Writes cards_to_show. Binds store, member_id, now_utc; cause and cause_ref (why).
INSERT INTO cards_to_show (store, member_id, asked_at_utc, cause, cause_ref)
VALUES (:store, :member_id, :now_utc, :cause, :cause_ref)
ON CONFLICT (store, member_id) DO UPDATE
    SET
        asked_at_utc = excluded.asked_at_utc,
        cause = excluded.cause,
        cause_ref = excluded.cause_ref;

-- name: ask_for_card_of_awarded
-- Asks for the card of whom an award is for, if staging knows the member.
-- Reads awards, members; writes cards_to_show. Binds store, award_id, now_utc.
INSERT INTO cards_to_show (store, member_id, asked_at_utc, cause, cause_ref)
SELECT
    m.store,
    m.member_id,
    :now_utc AS asked_at_utc,
    'award' AS cause,
    a.award_id AS cause_ref
FROM awards AS a
INNER JOIN members AS m
    ON a.store = m.store AND m.member_id = COALESCE(a.member_id, a.subject)
WHERE a.store = :store AND a.award_id = :award_id AND m.gone_at_utc IS NULL
ON CONFLICT (store, member_id) DO UPDATE
    SET
        asked_at_utc = excluded.asked_at_utc,
        cause = excluded.cause,
        cause_ref = excluded.cause_ref;

-- name: ask_for_customer
-- Asks for a customer's card to be shown at once; however often, it is one row. That Gorgias is to
-- be read first stays so until it is shown.
-- Writes customers_to_show. Binds store, customer_id, is_stale, now_utc; cause and cause_ref (why).
INSERT INTO customers_to_show (store, customer_id, is_stale, asked_at_utc, cause, cause_ref)
VALUES (:store, :customer_id, :is_stale, :now_utc, :cause, :cause_ref)
ON CONFLICT (store, customer_id) DO UPDATE
    SET
        is_stale = excluded.is_stale OR customers_to_show.is_stale,
        asked_at_utc = excluded.asked_at_utc,
        cause = excluded.cause,
        cause_ref = excluded.cause_ref;

-- name: select_unmatched_customers
-- The customers whom no match has paired yet and who have a member's address, or are linked to the
-- member, so that the next match would find them; but for those whose card is shown already.
-- Reads members, customers, links, matches, pushed_cards. Binds store, member_id, destination,
-- guest_status ('guest' when guests count as members, else 'member'). One row per customer.
SELECT found.customer_id
FROM (
    SELECT
        c.customer_id,
        m.card_fingerprint
    FROM members AS m
    INNER JOIN customers AS c ON m.store = c.store AND m.email_key = c.email_key
    WHERE
        m.store = :store
        AND m.member_id = :member_id
        AND m.gone_at_utc IS NULL
        AND m.status IN ('member', :guest_status)
        AND c.gone_at_utc IS NULL
    UNION
    SELECT
        l.customer_id,
        m.card_fingerprint
    FROM members AS m
    INNER JOIN links AS l ON m.store = l.store AND m.member_id = l.member_id
    WHERE
        m.store = :store
        AND m.member_id = :member_id
        AND m.gone_at_utc IS NULL
        AND m.status IN ('member', :guest_status)
) AS found
LEFT JOIN matches
    ON matches.store = :store AND found.customer_id = matches.customer_id
LEFT JOIN pushed_cards
    ON
        pushed_cards.store = :store
        AND found.customer_id = pushed_cards.customer_id
        AND pushed_cards.destination = :destination
WHERE
    matches.customer_id IS NULL
    AND found.card_fingerprint IS DISTINCT FROM pushed_cards.fingerprint
ORDER BY found.customer_id ASC;

-- name: select_waiting
-- The stores that have cards to show, and since when the newest one waits.
-- Reads cards_to_show, customers_to_show. No bind. One row per store.
SELECT
    asked.store,
    MAX(asked.asked_at_utc) AS waits
FROM (
    SELECT
        store,
        asked_at_utc
    FROM cards_to_show
    UNION ALL
    SELECT
        store,
        asked_at_utc
    FROM customers_to_show
) AS asked
GROUP BY asked.store;

-- name: select_customers_to_show
-- The customers whose cards are to be shown, who waited longest first.
-- Reads customers_to_show. Binds store, most. One row per customer.
SELECT
    customer_id,
    is_stale,
    asked_at_utc,
    cause,
    cause_ref
FROM customers_to_show
WHERE store = :store
ORDER BY asked_at_utc ASC, customer_id ASC
LIMIT :most;

-- name: delete_shown_customer
-- Takes a customer off the list, unless it was asked for again since.
-- Writes customers_to_show. Binds store, customer_id, asked_at_utc.
DELETE FROM customers_to_show
WHERE store = :store AND customer_id = :customer_id AND asked_at_utc = :asked_at_utc;

-- name: select_cards_to_show
-- The members whose cards are to be shown, who waited longest first.
-- Reads cards_to_show. Binds store, most. One row per member.
SELECT
    member_id,
    asked_at_utc,
    cause,
    cause_ref
FROM cards_to_show
WHERE store = :store
ORDER BY asked_at_utc ASC, member_id ASC
LIMIT :most;

-- name: select_matched_customers
-- The customers to whom a member's card is shown.
-- Reads matches, customers. Binds store, member_id. One row per customer.
SELECT matches.customer_id
FROM matches
INNER JOIN customers
    ON matches.store = customers.store AND matches.customer_id = customers.customer_id
WHERE
    matches.store = :store
    AND matches.member_id = :member_id
    AND customers.gone_at_utc IS NULL
ORDER BY matches.customer_id ASC;

-- name: delete_shown
-- Takes a member off the list, unless it was asked for again since.
-- Writes cards_to_show. Binds store, member_id, asked_at_utc.
DELETE FROM cards_to_show
WHERE store = :store AND member_id = :member_id AND asked_at_utc = :asked_at_utc;

-- name: select_open_tickets
-- The open tickets of a customer, as far as a sync has seen them.
-- Reads tickets. Binds store, customer_id. One row per ticket.
SELECT ticket_id
FROM tickets
WHERE store = :store AND customer_id = :customer_id AND status = 'open'
ORDER BY ticket_id ASC;
