-- The stores that have cards to show, and since when the newest one waits.
-- Reads cards_to_show. No bind. One row per store.
SELECT
    store,
    MAX(asked_at_utc) AS waits
FROM cards_to_show
GROUP BY store
