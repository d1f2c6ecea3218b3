-- How many cards of ours stand in Gorgias.
-- Reads pushed_cards. Binds store. One row.
SELECT COUNT(*) AS cards
FROM pushed_cards
WHERE store = :store
