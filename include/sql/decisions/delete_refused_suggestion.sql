-- Lets a member be suggested for a customer again.
-- Writes refused_suggestions. Binds store, customer_id, member_id.
DELETE FROM refused_suggestions
WHERE store = :store AND customer_id = :customer_id AND member_id = :member_id
