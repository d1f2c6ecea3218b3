-- Drops the further e-mail addresses of some customers, before the ones just read take their place.
-- Deletes from customer_channels. Binds store, ids (a list of customer ids).
DELETE FROM customer_channels
WHERE store = :store AND customer_id IN (:ids)
