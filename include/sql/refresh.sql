-- name: ask_for_card
-- Asks for a member's card to be shown at once; however often, it is one row.
-- Writes cards_to_show. Binds store, member_id, now_utc.
INSERT INTO cards_to_show (store, member_id, asked_at_utc)
VALUES (:store, :member_id, :now_utc)
ON CONFLICT (store, member_id) DO UPDATE
    SET asked_at_utc = excluded.asked_at_utc;

-- name: ask_for_card_of_awarded
-- Asks for the card of whom an award is for, if staging knows the member.
-- Reads awards, members; writes cards_to_show. Binds store, award_id, now_utc.
INSERT INTO cards_to_show (store, member_id, asked_at_utc)
SELECT
    m.store,
    m.member_id,
    :now_utc AS asked_at_utc
FROM awards AS a
INNER JOIN members AS m
    ON a.store = m.store AND m.member_id = COALESCE(a.member_id, a.subject)
WHERE a.store = :store AND a.award_id = :award_id AND m.gone_at_utc IS NULL
ON CONFLICT (store, member_id) DO UPDATE
    SET asked_at_utc = excluded.asked_at_utc;

-- name: select_waiting
-- The stores that have cards to show, and since when the newest one waits.
-- Reads cards_to_show. No bind. One row per store.
SELECT
    store,
    MAX(asked_at_utc) AS waits
FROM cards_to_show
GROUP BY store;

-- name: select_cards_to_show
-- The members whose cards are to be shown, who waited longest first.
-- Reads cards_to_show. Binds store, most. One row per member.
SELECT
    member_id,
    asked_at_utc
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
