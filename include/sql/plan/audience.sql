-- name: insert_recent_customers
-- To whom a store writes that does not write to everybody: who has an open ticket, or a late one.
-- Reads tickets, further_tickets; writes recent_customers. Binds store, recent_since.
INSERT INTO recent_customers (customer_id)
SELECT customer_id
FROM tickets
WHERE store = :store AND (status = 'open' OR updated_at_utc >= :recent_since)
UNION
SELECT customer_id
FROM further_tickets
WHERE store = :store AND (status = 'open' OR updated_at_utc >= :recent_since);

-- name: withdraw_changes
-- Has a card that would change taken away instead, where its customer has not written lately: one
-- write, and none with the next changes. A card that tells of another person or class is cleared as
-- ever, as the brake has to see that.
-- Reads recent_customers, writes changes. Binds store, run_id.
UPDATE changes
SET
    kind = 'withdraw',
    outcome = 'withdrawn',
    member_id = NULL,
    fingerprint = 'none'
WHERE
    store = :store
    AND run_id = :run_id
    AND state = 'planned'
    AND kind IN ('new', 'update')
    AND NOT EXISTS (
        SELECT 1 FROM recent_customers AS r
        WHERE r.customer_id = changes.customer_id
    );

-- name: count_left_out
-- How many of the customers to look at have no card and are to have none, as they have not written
-- lately: with a card for everybody each would be a change.
-- Reads customers_to_plan, matches, recent_customers, stale_customers, pushed_cards, changes. Binds
-- store, run_id, non_member_cards, place (the first of the store's destinations). One row.
SELECT COUNT(*) AS left_out
FROM customers_to_plan AS c
LEFT JOIN matches AS mt ON c.store = mt.store AND c.customer_id = mt.customer_id
WHERE
    c.store = :store
    AND c.gone_at_utc IS NULL
    AND (mt.member_id IS NOT NULL OR :non_member_cards = 'all')
    AND NOT EXISTS (
        SELECT 1 FROM recent_customers AS r
        WHERE r.customer_id = c.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM stale_customers AS stale
        WHERE stale.customer_id = c.customer_id
    )
    AND NOT EXISTS (
        SELECT 1 FROM pushed_cards AS p
        WHERE
            p.store = c.store
            AND p.customer_id = c.customer_id
            AND p.destination = :place
            AND p.fingerprint <> 'none'
    )
    AND NOT EXISTS (
        SELECT 1 FROM changes AS ch
        WHERE ch.store = c.store AND ch.run_id = :run_id AND ch.customer_id = c.customer_id
    );
