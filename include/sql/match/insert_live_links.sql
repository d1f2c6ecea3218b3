-- The links that decide: customer and member are there, and the member may have a card.
-- All of the store's, as there are few: a person made each.
-- Reads links, members, customers; writes live_links.
-- Binds store, guest_status ('guest' when guests count as members, else 'member').
INSERT INTO live_links (customer_id, member_id)
SELECT
    l.customer_id,
    l.member_id
FROM links AS l
CROSS JOIN members AS m
CROSS JOIN customers AS c
WHERE
    l.store = :store
    AND m.store = :store
    AND m.member_id = l.member_id
    AND m.gone_at_utc IS NULL
    AND m.status IN ('member', :guest_status)
    AND c.store = :store
    AND c.customer_id = l.customer_id
    AND c.gone_at_utc IS NULL
