-- Which members a customer's further e-mail addresses lead to. Only customers whom neither a link
-- nor the primary address settles: an eligible member on the primary key is a match or a tie.
-- CROSS JOIN has SQLite begin with the further addresses, which few customers have.
-- Reads customers_in_scope, customer_channels, members, live_links; writes channel_claims.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO channel_claims (member_id, customer_id)
SELECT DISTINCT
    m.member_id,
    c.customer_id
FROM customer_channels AS ch
CROSS JOIN customers_in_scope AS c
CROSS JOIN members AS m
WHERE
    ch.store = :store
    AND c.store = :store
    AND c.customer_id = ch.customer_id
    AND m.store = :store
    AND m.email_key = ch.email_key
    AND c.gone_at_utc IS NULL
    AND m.gone_at_utc IS NULL
    AND m.status IN ('member', :guest_status)
    AND NOT EXISTS (
        SELECT 1 FROM live_links AS l
        WHERE l.customer_id = c.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM members AS p
        WHERE
            p.store = c.store
            AND p.email_key = c.email_key
            AND p.gone_at_utc IS NULL
            AND p.status IN ('member', :guest_status)
    )
