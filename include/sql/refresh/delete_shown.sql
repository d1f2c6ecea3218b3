-- Takes a member off the list, unless it was asked for again since.
-- Writes cards_to_show. Binds store, member_id, asked_at_utc.
DELETE FROM cards_to_show
WHERE store = :store AND member_id = :member_id AND asked_at_utc = :asked_at_utc
