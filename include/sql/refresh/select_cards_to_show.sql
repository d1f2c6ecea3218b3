-- The members whose cards are to be shown, who waited longest first.
-- Reads cards_to_show. Binds store, most. One row per member.
SELECT
    member_id,
    asked_at_utc
FROM cards_to_show
WHERE store = :store
ORDER BY asked_at_utc ASC, member_id ASC
LIMIT :most
