-- name: enter_gate
-- Holds the store's gate until the end of the transaction, so that two requests never both find
-- room below a limit. SQLite's writers wait for each other anyway.
-- Writes award_gates. Binds store, now_utc.
INSERT INTO award_gates (store, passed_at_utc)
VALUES (:store, :now_utc)
ON CONFLICT (store) DO UPDATE
    SET passed_at_utc = excluded.passed_at_utc;

-- name: select_award_by_key
-- The award that an idempotency key stands for.
-- Reads awards. Binds store, idempotency_key. No row or one.
SELECT
    award_id,
    state,
    content_hash
FROM awards
WHERE store = :store AND idempotency_key = :idempotency_key;

-- name: select_awards_by_keys
-- The same of many keys at once.
-- Reads awards. Binds store, keys (a list). One row per key that stands for an award.
SELECT
    idempotency_key,
    award_id,
    state,
    content_hash
FROM awards
WHERE store = :store AND idempotency_key IN (:keys);

-- name: select_double_click
-- An award that the same agent queued a moment ago for the same person, ticket, amount and unit,
-- and that may still be booked or is: one that was refused or rejected may be asked for anew. The
-- person may have become known by another name since: by the e-mail key then, by the id now.
-- Reads awards, members. Binds store, agent, subject, email_key ('' for none), unit, amount,
-- ticket_id (0 for none), since_utc. No row or one.
SELECT
    award_id,
    state
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :since_utc
    AND agent = :agent
    AND (
        subject = :subject
        OR member_id = :subject
        OR email = :email_key
        OR (
            member_id IS NULL
            AND email IN (
                SELECT m.email_key FROM members AS m
                WHERE m.store = :store AND m.member_id = :subject
            )
        )
    )
    AND unit = :unit
    AND amount = :amount
    AND COALESCE(ticket_id, 0) = :ticket_id
    AND state NOT IN ('refused', 'rejected')
    AND reverses IS NULL
ORDER BY queued_at_utc DESC
LIMIT 1;

-- name: select_holders
-- The members with an e-mail key: whose limit an award counts against, and who shares the address.
-- Reads members. Binds store, email_key. One row per member, ten at most.
SELECT
    member_id,
    status
FROM members
WHERE store = :store AND email_key = :email_key AND gone_at_utc IS NULL
ORDER BY member_id ASC
LIMIT 10;

-- name: select_recipients_of_ids
-- The members whom rows of a file name by id; also who has left.
-- Reads members. Binds store, keys (a list of ids). One row per member.
SELECT
    member_id,
    email_key,
    status,
    gone_at_utc
FROM members
WHERE store = :store AND member_id IN (:keys);

-- name: select_recipients_of_addresses
-- The members whom rows of a file may mean by an address; also who has left.
-- Reads members. Binds store, keys (a list of e-mail keys). One row per member.
SELECT
    member_id,
    email_key,
    status,
    gone_at_utc
FROM members
WHERE store = :store AND email_key IN (:keys);

-- name: select_learned_subject
-- The member whom an award by this e-mail key was last booked for, while the sync knows nobody.
-- Reads awards. Binds store, email_key, since_utc. No row or one.
SELECT member_id
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :since_utc
    AND email = :email_key
    AND member_id IS NOT NULL
ORDER BY queued_at_utc DESC
LIMIT 1;

-- name: select_balances_ahead
-- The points of members, and what awards that wait will change; what may yet be rejected is not
-- counted on.
-- Reads members, awards. Binds store, subjects (a list of member ids). One row per member who is
-- here and whose points are told.
SELECT
    m.member_id,
    m.points_balance,
    (
        SELECT COALESCE(SUM(a.amount), 0)
        FROM awards AS a
        WHERE
            a.store = m.store
            AND a.subject = m.member_id
            AND a.unit = 'points'
            AND a.state IN ('queued', 'needs_approval', 'approved', 'applying')
            AND (a.state != 'needs_approval' OR a.amount < 0)
    ) AS waiting
FROM members AS m
WHERE
    m.store = :store
    AND m.member_id IN (:subjects)
    AND m.gone_at_utc IS NULL
    AND m.points_balance IS NOT NULL;

-- name: select_awarded_today
-- How much an agent awarded, and a member was awarded, since midnight, plus and minus alike. What
-- was refused or rejected does not count, nor does what takes an award back; what is unknown may be
-- booked, and counts. What another person approves as a whole has a ceiling of its own and counts
-- on no agent. A member is awarded also by what was asked for by an address that turned out to be
-- theirs.
-- Reads awards, members. Binds store, agent, subject, unit, since_utc. One row.
WITH addresses AS (
    SELECT m.email_key
    FROM members AS m
    WHERE m.store = :store AND m.member_id = :subject AND m.email_key IS NOT NULL
    UNION
    SELECT learned.email AS email_key
    FROM awards AS learned
    WHERE
        learned.store = :store
        AND learned.queued_at_utc >= :since_utc
        AND learned.member_id = :subject
        AND learned.email IS NOT NULL
)

SELECT
    COALESCE(
        SUM(CASE WHEN agent = :agent AND door != 'batch' THEN ABS(amount) ELSE 0 END), 0
    ) AS by_agent,
    COALESCE(
        SUM(
            CASE
                WHEN subject = :subject OR member_id = :subject THEN ABS(amount)
                WHEN member_id IS NULL AND email IN (SELECT a.email_key FROM addresses AS a)
                    THEN ABS(amount)
                ELSE 0
            END
        ), 0
    ) AS by_member
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :since_utc
    AND unit = :unit
    AND state NOT IN ('refused', 'rejected')
    AND reverses IS NULL;

-- name: select_awards_of_today
-- What was awarded since midnight, of all members at once: `counts` is 1 where the limits count it,
-- and each tells whose an address is.
-- Reads awards. Binds store, since_utc. One row per award, the oldest first.
SELECT
    subject,
    member_id,
    email,
    unit,
    agent,
    door,
    ABS(amount) AS parts,
    CASE
        WHEN state IN ('refused', 'rejected') OR reverses IS NOT NULL THEN 0
        ELSE 1
    END AS counts
FROM awards
WHERE store = :store AND queued_at_utc >= :since_utc
ORDER BY queued_at_utc ASC;

-- name: select_came_in
-- How much came in through a token within the hour and since midnight, and by one way in since
-- midnight, plus and minus alike. What does not count is what does not count in the limits either.
-- Reads awards. Binds store, token_id ('' for none), unit, door, since_utc (midnight), hour_utc (an
-- hour ago), first_utc (the earlier of them). One row.
SELECT
    COALESCE(
        SUM(
            CASE
                WHEN token_id = :token_id AND queued_at_utc >= :hour_utc THEN ABS(amount) ELSE 0
            END
        ), 0
    ) AS by_token_hour,
    COALESCE(
        SUM(
            CASE
                WHEN token_id = :token_id AND queued_at_utc >= :since_utc THEN ABS(amount) ELSE 0
            END
        ), 0
    ) AS by_token_day,
    COALESCE(
        SUM(CASE WHEN door = :door AND queued_at_utc >= :since_utc THEN ABS(amount) ELSE 0 END), 0
    ) AS by_door
FROM awards
WHERE
    store = :store
    AND queued_at_utc >= :first_utc
    AND unit = :unit
    AND state NOT IN ('refused', 'rejected')
    AND reverses IS NULL;

-- name: insert_award
-- Queues an award.
-- Writes awards. Binds one per column.
INSERT INTO awards (
    store,
    award_id,
    idempotency_key,
    content_hash,
    email,
    member_id,
    subject,
    unit,
    amount,
    reason,
    note,
    message,
    agent,
    ticket_id,
    door,
    state,
    queued_at_utc,
    sends,
    reverses,
    approve_by_utc,
    token_id,
    queued_by,
    batch_id
)
VALUES (
    :store,
    :award_id,
    :idempotency_key,
    :content_hash,
    :email,
    :member_id,
    :subject,
    :unit,
    :amount,
    :reason,
    :note,
    :message,
    :agent,
    :ticket_id,
    :door,
    :state,
    :queued_at_utc,
    :sends,
    :reverses,
    :approve_by_utc,
    :token_id,
    :queued_by,
    :batch_id
);

-- name: insert_award_event
-- Adds a transition to the audit of an award; no row when another one took the number meanwhile.
-- Reads and writes award_events. Binds store, award_id, state, detail, actor, now_utc, facts.
INSERT INTO award_events (
    store, award_id, event_number, state, detail, actor, happened_at_utc, facts
)
SELECT
    :store AS store,
    :award_id AS award_id,
    1 + COALESCE(MAX(e.event_number), 0) AS event_number,
    :state AS state,
    :detail AS detail,
    :actor AS actor,
    :now_utc AS happened_at_utc,
    :facts AS facts
FROM award_events AS e
WHERE e.store = :store AND e.award_id = :award_id
ON CONFLICT (store, award_id, event_number) DO NOTHING;
