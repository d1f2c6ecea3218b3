-- Keeps that a customer is not that member, so that it is suggested no more.
-- Writes refused_suggestions. Binds store, customer_id, member_id.
INSERT INTO refused_suggestions (store, customer_id, member_id)
VALUES (:store, :customer_id, :member_id)
ON CONFLICT (store, customer_id, member_id) DO NOTHING
