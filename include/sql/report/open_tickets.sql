-- name: select_open_tickets
-- Open tickets with the card of who wrote, and whether our tag stands on them.
-- Reads tickets, matches, members, routed_tickets. Binds store. One row per ticket; `card` is NULL
-- for who is no member.
SELECT
    tickets.created_at_utc,
    members.card,
    routed_tickets.tag
FROM tickets
LEFT JOIN matches
    ON tickets.store = matches.store AND tickets.customer_id = matches.customer_id
LEFT JOIN members
    ON
        matches.store = members.store
        AND matches.member_id = members.member_id
        AND members.gone_at_utc IS NULL
LEFT JOIN routed_tickets
    ON
        tickets.store = routed_tickets.store
        AND tickets.ticket_id = routed_tickets.ticket_id
        AND routed_tickets.tag_left_at_utc IS NULL
WHERE tickets.store = :store AND tickets.status = 'open';

-- name: select_first_answers
-- Tickets with our tag by when they were first answered, as far as was read; open or not.
-- Reads routed_tickets, tickets. Binds store. One row per ticket whose messages were read.
SELECT
    tickets.created_at_utc,
    routed_tickets.first_answer_at_utc
FROM routed_tickets
INNER JOIN tickets
    ON
        routed_tickets.store = tickets.store
        AND routed_tickets.ticket_id = tickets.ticket_id
WHERE
    routed_tickets.store = :store
    AND routed_tickets.tag IS NOT NULL
    AND routed_tickets.tag_left_at_utc IS NULL
    AND routed_tickets.sought_at_utc IS NOT NULL
    AND tickets.created_at_utc IS NOT NULL;
