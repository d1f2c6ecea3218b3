-- name: select_awards_of_ticket
-- The awards on a ticket, the newest first, with what each takes back and what takes it back.
-- Reads awards. Binds store, ticket_id, since_utc. One row per award.
SELECT
    a.award_id,
    a.agent,
    a.state,
    a.detail,
    a.unit,
    a.amount,
    a.queued_at_utc,
    a.settled_at_utc,
    a.sends,
    a.sent_at_utc,
    a.reverses,
    r.award_id AS reversed_by
FROM awards AS a
LEFT JOIN awards AS r
    ON
        a.store = r.store
        AND a.award_id = r.reverses
        AND r.state NOT IN ('refused', 'rejected')
WHERE a.store = :store AND a.ticket_id = :ticket_id AND a.queued_at_utc >= :since_utc
ORDER BY a.queued_at_utc DESC, a.award_id ASC;

-- name: count_taken_back
-- How many awards of their own an agent took back over HTTP since midnight: before they were
-- booked, or by a reversal.
-- Reads awards. Binds store, agent, since_utc, detail_pattern. One row.
SELECT COUNT(*) AS taken_back
FROM awards AS a
WHERE
    a.store = :store
    AND a.agent = :agent
    AND (
        (
            a.queued_at_utc >= :since_utc
            AND a.door = 'http'
            AND EXISTS (
                SELECT 1 FROM awards AS o
                WHERE o.store = a.store AND o.award_id = a.reverses AND o.agent = a.agent
            )
        )
        OR (
            a.state = 'rejected'
            AND a.settled_at_utc >= :since_utc
            AND a.detail LIKE :detail_pattern
        )
    );

-- name: withdraw_award
-- Rejects an award that was never sent, so it is surely not booked. Of this and a worker that
-- claims it, one gets it. Which task asks about it is told as of this moment: a run may have begun
-- to since the award was read.
-- Writes awards. Binds store, award_id, detail, now_utc. No row or one.
UPDATE awards
SET
    state = 'rejected',
    detail = :detail,
    settled_at_utc = :now_utc
WHERE
    store = :store
    AND award_id = :award_id
    AND state IN ('queued', 'needs_approval', 'approved')
    AND sends = 0
    AND sent_at_utc IS NULL
RETURNING award_id, asked_run_id, asked_map_index;

-- name: select_some
-- How some awards stand, to take them back.
-- Reads awards. Binds store, award_ids (a list). One row per award.
SELECT
    award_id,
    state
FROM awards
WHERE store = :store AND award_id IN (:award_ids)
ORDER BY award_id ASC;
