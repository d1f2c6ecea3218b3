-- The customers that a member is matched with.
-- Reads matches. Binds store, member_id. One row per customer, the first hundred.
SELECT customer_id
FROM matches
WHERE store = :store AND member_id = :member_id
ORDER BY customer_id ASC
LIMIT 100
