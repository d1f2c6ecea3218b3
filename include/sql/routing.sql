-- name: has_open_ticket_half_read
-- An open ticket of which an older version kept nothing but its status.
-- Reads tickets. Binds store. One row, of NULL when there is none.
SELECT MIN(ticket_id) AS found
FROM tickets
WHERE store = :store AND status = 'open' AND created_at_utc IS NULL;

-- name: select_ticket
-- What is known of a ticket: as last read, if it was, and what we set on it, if we did.
-- Reads tickets, routed_tickets. Binds store, ticket_id. One row, of NULLs for an unknown one.
SELECT
    tickets.status,
    tickets.tags AS seen_tags,
    tickets.priority AS seen_priority,
    routed_tickets.state,
    routed_tickets.at_utc,
    routed_tickets.tag,
    routed_tickets.priority,
    routed_tickets.tag_left_at_utc,
    routed_tickets.priority_left_at_utc
FROM (SELECT CAST(:ticket_id AS BIGINT) AS ticket_id) AS asked
LEFT JOIN tickets ON tickets.store = :store AND asked.ticket_id = tickets.ticket_id
LEFT JOIN routed_tickets
    ON routed_tickets.store = :store AND asked.ticket_id = routed_tickets.ticket_id;

-- name: select_open_tickets
-- Open tickets of members, and those on which something of ours stands, who waited longest first.
-- One that was not read since we were last at it shows nothing of what we did, and is left out; so
-- is one whose customer no match has looked at yet.
-- Reads tickets, matches, unmatched_customers, members, routed_tickets. Binds store. One row per
-- ticket; `card` is NULL for who is no member.
SELECT
    tickets.ticket_id,
    tickets.customer_id,
    tickets.tags AS seen_tags,
    tickets.priority AS seen_priority,
    members.card,
    routed_tickets.state,
    routed_tickets.at_utc,
    routed_tickets.tag,
    routed_tickets.priority,
    routed_tickets.tag_left_at_utc,
    routed_tickets.priority_left_at_utc
FROM tickets
LEFT JOIN matches
    ON tickets.store = matches.store AND tickets.customer_id = matches.customer_id
LEFT JOIN unmatched_customers
    ON
        tickets.store = unmatched_customers.store
        AND tickets.customer_id = unmatched_customers.customer_id
LEFT JOIN members
    ON
        matches.store = members.store
        AND matches.member_id = members.member_id
        AND members.gone_at_utc IS NULL
LEFT JOIN routed_tickets
    ON tickets.store = routed_tickets.store AND tickets.ticket_id = routed_tickets.ticket_id
WHERE
    tickets.store = :store
    AND tickets.status = 'open'
    AND (matches.customer_id IS NOT NULL OR unmatched_customers.customer_id IS NOT NULL)
    AND (members.member_id IS NOT NULL OR routed_tickets.ticket_id IS NOT NULL)
    AND (
        routed_tickets.at_utc IS NULL
        OR routed_tickets.state = 'setting'
        OR tickets.updated_at_utc >= routed_tickets.at_utc
    )
ORDER BY tickets.created_at_utc ASC, tickets.ticket_id ASC;

-- name: claim_ticket
-- Takes a ticket to set something on, so that one process does: nobody was at it since it was
-- looked at. An empty `known_at_utc` says that there was no row.
-- Writes routed_tickets. Binds store, ticket_id, customer_id, known_at_utc, now_utc. One row when
-- it is taken, none when not.
INSERT INTO routed_tickets (store, ticket_id, customer_id, state, at_utc)
VALUES (:store, :ticket_id, :customer_id, 'setting', :now_utc)
ON CONFLICT (store, ticket_id) DO UPDATE
    SET
        customer_id = COALESCE(excluded.customer_id, routed_tickets.customer_id),
        state = excluded.state,
        at_utc = excluded.at_utc
    WHERE routed_tickets.at_utc = :known_at_utc
RETURNING ticket_id;

-- name: keep_route
-- Keeps what of ours stands on a ticket and what is left to people, unless another was at it.
-- Writes routed_tickets. Binds store, ticket_id, at_utc, kept_at_utc, tag, priority,
-- tag_left_at_utc, priority_left_at_utc.
UPDATE routed_tickets
SET
    state = 'set',
    at_utc = :kept_at_utc,
    tag = :tag,
    priority = :priority,
    tag_left_at_utc = :tag_left_at_utc,
    priority_left_at_utc = :priority_left_at_utc
WHERE store = :store AND ticket_id = :ticket_id AND at_utc = :at_utc;

-- name: select_unanswered
-- Tickets with our tag whose first answer is not known, and that changed since it was looked for.
-- Reads routed_tickets, tickets. Binds store. One row per ticket, the oldest first.
SELECT
    routed_tickets.ticket_id,
    tickets.updated_at_utc
FROM routed_tickets
INNER JOIN tickets
    ON
        routed_tickets.store = tickets.store
        AND routed_tickets.ticket_id = tickets.ticket_id
WHERE
    routed_tickets.store = :store
    AND routed_tickets.tag IS NOT NULL
    AND routed_tickets.tag_left_at_utc IS NULL
    AND routed_tickets.first_answer_at_utc IS NULL
    AND routed_tickets.sought_at_utc IS DISTINCT FROM tickets.updated_at_utc
ORDER BY tickets.created_at_utc ASC, tickets.ticket_id ASC;

-- name: keep_answer
-- Keeps when a ticket was first answered, or that it was not by its last change.
-- Writes routed_tickets. Binds store, ticket_id, first_answer_at_utc, sought_at_utc.
UPDATE routed_tickets
SET first_answer_at_utc = :first_answer_at_utc, sought_at_utc = :sought_at_utc
WHERE store = :store AND ticket_id = :ticket_id;

-- name: forget_tags
-- Forgets the tags on all tickets, but not from which ones a person took it.
-- Writes routed_tickets. Binds store.
UPDATE routed_tickets
SET tag = NULL
WHERE store = :store AND tag IS NOT NULL AND tag_left_at_utc IS NULL;

-- name: count_priorities
-- Open tickets whose priority is of us, as far as is known.
-- Reads routed_tickets, tickets. Binds store. One row.
SELECT COUNT(*) AS tickets
FROM routed_tickets
INNER JOIN tickets
    ON
        routed_tickets.store = tickets.store
        AND routed_tickets.ticket_id = tickets.ticket_id
WHERE
    routed_tickets.store = :store
    AND routed_tickets.priority IS NOT NULL
    AND routed_tickets.priority_left_at_utc IS NULL
    AND tickets.status = 'open';

-- name: delete_old_routes
-- Forgets what was set on tickets that nobody wrote on for long.
-- Writes routed_tickets. Reads tickets. Binds store, before_utc.
DELETE FROM routed_tickets
WHERE
    store = :store
    AND at_utc < :before_utc
    AND NOT EXISTS (
        SELECT 1
        FROM tickets
        WHERE
            tickets.store = routed_tickets.store
            AND tickets.ticket_id = routed_tickets.ticket_id
    );
