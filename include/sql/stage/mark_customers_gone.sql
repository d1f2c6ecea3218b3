-- Marks some customers as gone: Gorgias said that they were merged or deleted.
-- Writes customers. Binds store, now_utc, ids (a list of customer ids).
-- One row with the e-mail key for each that was not gone before.
UPDATE customers
SET gone_at_utc = :now_utc
WHERE store = :store AND gone_at_utc IS NULL AND customer_id IN (:ids)
RETURNING customer_id, email_key
