-- name: select_recent
-- Those of some customers whom a sync shows a card: with an open ticket, or one of lately.
-- Reads tickets, further_tickets. Binds store, recent_since, ids (a list of customer ids).
-- One row per customer.
SELECT customer_id
FROM tickets
WHERE
    store = :store
    AND customer_id IN (:ids)
    AND (status = 'open' OR updated_at_utc >= :recent_since)
UNION
SELECT customer_id
FROM further_tickets
WHERE
    store = :store
    AND customer_id IN (:ids)
    AND (status = 'open' OR updated_at_utc >= :recent_since);

-- name: find_open_ticket
-- Whether a ticket that somebody has in front of them is known to be its customer's.
-- Reads tickets, further_tickets. Binds store, ticket_id, customer_id. One row, or none.
SELECT ticket_id
FROM tickets
WHERE
    store = :store
    AND ticket_id = :ticket_id
    AND customer_id = :customer_id
    AND status = 'open'
UNION
SELECT ticket_id
FROM further_tickets
WHERE
    store = :store
    AND ticket_id = :ticket_id
    AND customer_id = :customer_id
    AND status IN ('open', 'asked');

-- name: upsert_asked_ticket
-- Keeps a ticket that a lookup was for, until a sync reads it.
-- Writes further_tickets. Binds store, ticket_id, customer_id, now_utc.
INSERT INTO further_tickets (store, ticket_id, customer_id, status, updated_at_utc)
VALUES (:store, :ticket_id, :customer_id, 'asked', :now_utc)
ON CONFLICT (store, ticket_id) DO UPDATE
    SET
        customer_id = excluded.customer_id,
        status = excluded.status,
        updated_at_utc = excluded.updated_at_utc;

-- name: keep_older_tickets
-- Keeps those of the tickets that are about to be forgotten that still make somebody recent.
-- Reads tickets, writes further_tickets. Binds store, older_than_utc, recent_since.
INSERT INTO further_tickets (store, ticket_id, customer_id, status, updated_at_utc)
SELECT
    store,
    ticket_id,
    customer_id,
    status,
    updated_at_utc
FROM tickets
WHERE
    store = :store
    AND updated_at_utc < :older_than_utc
    AND (status = 'open' OR updated_at_utc >= :recent_since)
ON CONFLICT (store, ticket_id) DO UPDATE
    SET
        customer_id = excluded.customer_id,
        status = excluded.status,
        updated_at_utc = excluded.updated_at_utc;

-- name: delete_settled_tickets
-- Forgets the kept tickets that are not open and too old, and those that a sync has read since.
-- Reads tickets, deletes from further_tickets. Binds store, recent_since, older_than_utc.
DELETE FROM further_tickets
WHERE
    store = :store
    AND (
        (status <> 'open' AND updated_at_utc < :recent_since)
        OR EXISTS (
            SELECT 1 FROM tickets AS t
            WHERE
                t.store = further_tickets.store
                AND t.ticket_id = further_tickets.ticket_id
                AND t.updated_at_utc >= :older_than_utc
                AND t.updated_at_utc >= further_tickets.updated_at_utc
        )
    );

-- name: delete_further_tickets
-- Forgets all kept tickets, as the store writes to everybody.
-- Deletes from further_tickets. Binds store.
DELETE FROM further_tickets
WHERE store = :store;
