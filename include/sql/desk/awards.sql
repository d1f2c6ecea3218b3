-- name: count_awards
-- The awards that somebody or something has to do with, by state.
-- Reads awards. Binds store. One row per state that occurs.
SELECT
    state,
    COUNT(*) AS awards
FROM awards
WHERE
    store = :store
    AND state IN ('queued', 'needs_approval', 'approved', 'applying', 'unknown')
GROUP BY state;

-- name: select_newest_from_ticket
-- When the newest award came over HTTP from a ticket, as the button sends it.
-- Reads awards. Binds store. One row; NULL when none has.
SELECT MAX(queued_at_utc) AS queued_at_utc
FROM awards
WHERE store = :store AND door = 'http' AND ticket_id IS NOT NULL;

-- name: select_awards_page
-- One page of a store's awards that a person asked for, the newest first.
-- What is shown of them is read for those of the page alone: to count and sort 200,000 whole rows
-- takes ten times as long.
-- Reads awards. Binds store; state (empty for all); words (empty for all): an award, a member, an
-- agent; email_key (empty or an address); ticket_id (0 or a ticket); most; skip. One row per award;
-- `found` is how many there are on all pages.
WITH filtered AS NOT MATERIALIZED (
    SELECT
        award_id,
        queued_at_utc
    FROM awards
    WHERE
        store = :store
        AND (:state = '' OR state = :state)
        AND (
            :words = ''
            OR award_id = :words
            OR member_id = :words
            OR agent = :words
            OR subject = :email_key
            OR email = :email_key
            OR ticket_id = :ticket_id
        )
),

paged AS (
    SELECT
        award_id,
        queued_at_utc
    FROM filtered
    ORDER BY queued_at_utc DESC, award_id ASC
    LIMIT :most OFFSET :skip
)

SELECT
    a.award_id,
    a.queued_at_utc,
    a.state,
    a.unit,
    a.amount,
    a.agent,
    a.member_id,
    a.email,
    a.reason,
    a.ticket_id,
    a.door,
    a.detail,
    a.settled_at_utc,
    (SELECT COUNT(*) FROM filtered) AS found
FROM paged AS p
INNER JOIN awards AS a ON p.award_id = a.award_id AND a.store = :store
ORDER BY p.queued_at_utc DESC, p.award_id ASC;

-- name: select_awards_of
-- The newest awards of a person, by the member's id and the e-mail addresses.
-- Reads awards. Binds store, subjects (a list). One row per award, the newest first, twenty at
-- most.
SELECT
    award_id,
    queued_at_utc,
    state,
    unit,
    amount,
    agent,
    reason,
    detail
FROM awards
WHERE store = :store AND subject IN (:subjects)
ORDER BY queued_at_utc DESC, award_id ASC
LIMIT 20;

-- name: select_awards_by
-- The newest awards that an agent asked for since a time, but for one, or for those of a batch.
-- Reads awards. Binds store, agent, since_utc, award_id and batch_id (empty: none is left out). One
-- row per award, the newest first, five at most.
SELECT
    award_id,
    queued_at_utc,
    state,
    unit,
    amount,
    agent,
    member_id,
    email,
    reason,
    detail
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :since_utc
    AND agent = :agent
    AND award_id != :award_id
    AND (batch_id IS NULL OR batch_id != :batch_id)
ORDER BY queued_at_utc DESC, award_id ASC
LIMIT 5;

-- name: select_members_of_batch
-- Whom the awards of a batch are for that wait, as far as a sync has read them.
-- Reads awards, members. Binds store, batch_id. One row per award that waits for approval.
SELECT
    a.award_id,
    a.amount,
    a.unit,
    a.subject,
    a.email,
    a.reason,
    m.member_id,
    m.status,
    m.gone_at_utc,
    m.points_balance,
    m.card
FROM awards AS a
LEFT JOIN members AS m ON a.store = m.store AND m.member_id = COALESCE(a.member_id, a.subject)
WHERE a.store = :store AND a.batch_id = :batch_id AND a.state = 'needs_approval'
ORDER BY ABS(a.amount) DESC, a.award_id ASC;

-- name: select_waiting_beside_batch
-- What other awards that wait will change for those in a batch, also of it those that were approved
-- alone; what may yet be rejected is not counted on.
-- Reads awards. Binds store, batch_id. One row per subject and unit.
SELECT
    a.subject,
    a.unit,
    CAST(SUM(a.amount) AS BIGINT) AS waiting
FROM awards AS a
WHERE
    a.store = :store
    AND a.state IN ('queued', 'needs_approval', 'approved', 'applying')
    AND (a.state != 'needs_approval' OR a.amount < 0)
    AND (a.batch_id IS NULL OR a.batch_id != :batch_id OR a.state != 'needs_approval')
    AND a.subject IN (
        SELECT b.subject FROM awards AS b
        WHERE b.store = :store AND b.batch_id = :batch_id
    )
GROUP BY a.subject, a.unit;

-- name: select_given_to
-- What some people were awarded since a time and was neither refused nor rejected nor taken back.
-- Reads awards. Binds store, subjects (a list), since_utc. One row per award.
SELECT
    a.subject,
    a.agent,
    a.unit,
    a.amount
FROM awards AS a
WHERE
    a.store = :store
    AND a.subject IN (:subjects)
    AND a.queued_at_utc >= :since_utc
    AND a.state NOT IN ('refused', 'rejected')
    AND a.reverses IS NULL
    AND NOT EXISTS (
        SELECT 1
        FROM awards AS r
        WHERE
            r.store = a.store
            AND r.reverses = a.award_id
            AND r.state NOT IN ('refused', 'rejected')
    );
