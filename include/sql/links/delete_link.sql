-- Takes a decision back; the customer is matched by e-mail again.
-- Writes links. Binds store, customer_id. One row when there was a link.
DELETE FROM links
WHERE store = :store AND customer_id = :customer_id
RETURNING member_id
