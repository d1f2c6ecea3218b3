-- Asks for a member's card to be shown at once; however often, it is one row.
-- Writes cards_to_show. Binds store, member_id, now_utc.
INSERT INTO cards_to_show (store, member_id, asked_at_utc)
VALUES (:store, :member_id, :now_utc)
ON CONFLICT (store, member_id) DO UPDATE
    SET asked_at_utc = excluded.asked_at_utc
