-- The member that a person linked a customer to.
-- Reads links. Binds store, customer_id. One row, or none.
SELECT member_id
FROM links
WHERE store = :store AND customer_id = :customer_id
