-- name: select_tickets
-- The recent tickets that may be meant: by when they were made, by channel, and by a tag as it
-- stands in their list of tags, which the caller compares once more.
-- Reads tickets. Binds store, from_utc, until_utc, channel, tag_pattern (each empty for none). One
-- row per ticket, the newest first.
SELECT
    ticket_id,
    customer_id,
    tags
FROM tickets
WHERE
    store = :store
    AND (:from_utc = '' OR created_at_utc >= :from_utc)
    AND (:until_utc = '' OR created_at_utc < :until_utc)
    AND (:channel = '' OR channel = :channel)
    AND (:tag_pattern = '' OR tags LIKE :tag_pattern ESCAPE '!')
ORDER BY ticket_id DESC;

-- name: select_people
-- Customers as staging knows them: matched or in a class, and the member if there is one. `holds`
-- is 1 while `push/ledger/select_card` would show the card too: an address that changed hands or an
-- undone link waits for the next match.
-- Reads customers, matches, unmatched_customers, members, links, customer_channels. Binds store,
-- customer_ids (a list), guest_status ('guest' when guests count as members, else 'member'). One
-- row per customer that a sync has read.
SELECT
    c.customer_id,
    c.email,
    c.gone_at_utc,
    u.outcome,
    mt.member_id,
    m.status,
    m.gone_at_utc AS left_at_utc,
    m.email_key,
    CASE
        WHEN mt.rule = 'link'
            THEN
                CASE
                    WHEN EXISTS (
                        SELECT 1
                        FROM links AS l
                        WHERE
                            l.store = mt.store
                            AND l.customer_id = mt.customer_id
                            AND l.member_id = mt.member_id
                    ) THEN 1
                    ELSE 0
                END
        WHEN EXISTS (
            SELECT 1
            FROM members AS rival
            WHERE
                rival.store = m.store
                AND rival.member_id <> m.member_id
                AND rival.email_key IN (m.email_key, c.email_key)
                AND rival.gone_at_utc IS NULL
                AND rival.status IN ('member', :guest_status)
        ) THEN 0
        WHEN mt.rule = 'email' AND c.email_key = m.email_key THEN 1
        WHEN
            mt.rule = 'channel'
            AND EXISTS (
                SELECT 1
                FROM customer_channels AS ch
                WHERE
                    ch.store = mt.store
                    AND ch.customer_id = mt.customer_id
                    AND ch.email_key = m.email_key
            ) THEN 1
        ELSE 0
    END AS holds
FROM customers AS c
LEFT JOIN unmatched_customers AS u ON c.store = u.store AND c.customer_id = u.customer_id
LEFT JOIN matches AS mt ON c.store = mt.store AND c.customer_id = mt.customer_id
LEFT JOIN members AS m ON mt.store = m.store AND mt.member_id = m.member_id
WHERE c.store = :store AND c.customer_id IN (:customer_ids);

-- name: select_given
-- The awards that were asked for after an incident so far, and which were taken back since.
-- `is_here` is NULL where whom one was for is no member any more.
-- Reads incidents, awards, members. Binds store, incident. One row per award, the oldest first.
SELECT
    a.award_id,
    a.member_id,
    a.state,
    a.amount,
    a.unit,
    r.award_id AS reversed_by,
    m.member_id AS is_here
FROM incidents AS i
INNER JOIN awards AS a ON i.store = a.store AND i.batch_id = a.batch_id
LEFT JOIN awards AS r
    ON
        a.store = r.store
        AND a.award_id = r.reverses
        AND r.state NOT IN ('refused', 'rejected')
LEFT JOIN members AS m
    ON a.store = m.store AND a.member_id = m.member_id AND m.gone_at_utc IS NULL
WHERE i.store = :store AND i.incident = :incident
ORDER BY a.queued_at_utc ASC, a.award_id ASC;

-- name: select_members_given
-- Who the customers are by now whose awards those are: a platform may have merged the member who
-- had one into another. (In one statement with them, SQLite looks through all people for each.)
-- Reads incidents, incident_people, matches. Binds store, incident. One row per award.
SELECT
    p.award_id,
    mt.member_id
FROM incidents AS i
INNER JOIN incident_people AS p ON i.store = p.store AND i.batch_id = p.batch_id
INNER JOIN matches AS mt ON p.store = mt.store AND p.customer_id = mt.customer_id
WHERE i.store = :store AND i.incident = :incident AND p.award_id IS NOT NULL;

-- name: select_first_asked
-- When an incident was first asked for.
-- Reads incidents. Binds store, incident. One row; NULL where it never was.
SELECT MIN(asked_at_utc) AS asked_at_utc
FROM incidents
WHERE store = :store AND incident = :incident;

-- name: insert_incident
-- Keeps what was asked for.
-- Writes incidents. Binds one per column.
INSERT INTO incidents (
    store,
    batch_id,
    incident,
    agent,
    asked_at_utc,
    choice,
    tickets,
    strangers,
    people,
    unit,
    amount,
    run_id
)
VALUES (
    :store,
    :batch_id,
    :incident,
    :agent,
    :asked_at_utc,
    :choice,
    :tickets,
    :strangers,
    :people,
    :unit,
    :amount,
    :run_id
);

-- name: select_incident
-- What was asked for, under a batch's id.
-- Reads incidents. Binds store, batch_id. No row or one.
SELECT
    incident,
    agent,
    asked_at_utc,
    choice,
    tickets,
    strangers,
    people,
    unit,
    amount,
    run_id
FROM incidents
WHERE store = :store AND batch_id = :batch_id;

-- name: select_newest
-- What was asked for lately, the newest first.
-- Reads incidents. Binds store, most. One row per batch.
SELECT
    batch_id,
    incident,
    agent,
    asked_at_utc,
    tickets,
    people,
    unit,
    amount
FROM incidents
WHERE store = :store
ORDER BY asked_at_utc DESC, batch_id ASC
LIMIT :most;

-- name: select_batch_of_run
-- The batch that a run asked for.
-- Reads incidents. Binds store, run_id. No row or one.
SELECT batch_id
FROM incidents
WHERE store = :store AND run_id = :run_id;
