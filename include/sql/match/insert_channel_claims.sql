-- Which members a customer's further e-mail addresses lead to. Only customers whom neither a link
-- nor the primary address settles: an eligible member on the primary key is a match or a tie.
-- Reads customers_in_scope, customer_channels, members, live_links; writes channel_claims.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO channel_claims (member_id, customer_id)
SELECT DISTINCT
    m.member_id,
    c.customer_id
FROM customers_in_scope AS c
INNER JOIN customer_channels AS ch ON c.store = ch.store AND c.customer_id = ch.customer_id
INNER JOIN members AS m ON ch.store = m.store AND ch.email_key = m.email_key
WHERE
    c.store = :store
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
