-- The members of whom somebody touched nothing but the card.
-- Reads touched, writes scope_cards. Binds store.
INSERT INTO scope_cards (member_id)
SELECT value
FROM touched
WHERE store = :store AND kind = 'card'
