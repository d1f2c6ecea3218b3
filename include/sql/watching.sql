-- name: count_awards
-- The awards of a store by state: those that somebody or something has to do with, and those that
-- ended lately.
-- Reads awards. Binds store, since_utc. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS awards
FROM awards
WHERE
    store = :store
    AND (
        state IN ('queued', 'needs_approval', 'approved', 'applying', 'unknown')
        OR settled_at_utc >= :since_utc
    )
GROUP BY state;

-- name: count_waiting_cards
-- The cards of a store that are not what they should be in Gorgias yet: planned, or asked for.
-- Reads changes, cards_to_show, customers_to_show. Binds store. One row.
SELECT
    (
        SELECT COUNT(*)
        FROM changes
        WHERE store = :store AND state IN ('planned', 'sending')
    ) AS planned,
    (
        SELECT COUNT(*)
        FROM cards_to_show
        WHERE store = :store
    )
    + (
        SELECT COUNT(*)
        FROM customers_to_show
        WHERE store = :store
    ) AS asked_for;

-- name: select_budgets
-- Every account's budget as it was last written.
-- Reads request_budgets. No bind. One row per account.
SELECT
    account,
    level,
    own_level,
    capacity,
    leaked_at_s,
    blocked_until_s
FROM request_budgets;
