-- Forgets a card that did not arrive, so that the next plan sends it again.
-- Writes pushed_cards. Binds store, customer_id, destination.
DELETE FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id AND destination = :destination
