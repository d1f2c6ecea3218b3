-- The address of each member, for how common a domain is.
-- Reads members. Binds store. One row per member who has one.
SELECT email_key
FROM members
WHERE store = :store AND email_key IS NOT NULL
