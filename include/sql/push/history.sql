-- name: insert_card_write
-- Keeps what a card said that Gorgias accepted, and what it was written for; not of a customer who
-- is not staged, as of one who was erased while it was written.
-- Reads customers, writes card_writes. Binds one per column of the latter.
INSERT INTO card_writes (
    store,
    customer_id,
    destination,
    version_utc,
    written_at_utc,
    member_id,
    outcome,
    card,
    cause,
    cause_ref
)
SELECT
    c.store,
    c.customer_id,
    :destination AS destination,
    :version_utc AS version_utc,
    :written_at_utc AS written_at_utc,
    :member_id AS member_id,
    :outcome AS outcome,
    :card AS card,
    :cause AS cause,
    :cause_ref AS cause_ref
FROM customers AS c
WHERE c.store = :store AND c.customer_id = :customer_id
ON CONFLICT (store, customer_id, destination, version_utc) DO NOTHING;

-- name: select_writes_of
-- What was written to a customer's card, the newest first, each with what the card said before
-- (NULL: it is not known).
-- Reads card_writes. Binds store, customer_id, before_version (where the last look ended), most.
-- One row per write.
SELECT
    w.destination,
    w.version_utc,
    w.written_at_utc,
    w.member_id,
    w.outcome,
    w.card,
    w.cause,
    w.cause_ref,
    (
        SELECT b.card
        FROM card_writes AS b
        WHERE
            b.store = w.store
            AND b.customer_id = w.customer_id
            AND b.destination = w.destination
            AND b.version_utc < w.version_utc
        ORDER BY b.version_utc DESC
        LIMIT 1
    ) AS card_before
FROM card_writes AS w
WHERE
    w.store = :store
    AND w.customer_id = :customer_id
    AND w.version_utc < :before_version
ORDER BY w.version_utc DESC, w.destination ASC
LIMIT :most;

-- name: delete_old_writes
-- Forgets writes of before a time, but for the newest of each card that Gorgias has: what the next
-- one changes is the difference to it.
-- Writes card_writes, reads pushed_cards. Binds store, before_utc.
DELETE FROM card_writes
WHERE
    store = :store
    AND written_at_utc < :before_utc
    AND (
        EXISTS (
            SELECT 1
            FROM card_writes AS later
            WHERE
                later.store = card_writes.store
                AND later.customer_id = card_writes.customer_id
                AND later.destination = card_writes.destination
                AND later.version_utc > card_writes.version_utc
        )
        OR NOT EXISTS (
            SELECT 1
            FROM pushed_cards AS p
            WHERE
                p.store = card_writes.store
                AND p.customer_id = card_writes.customer_id
                AND p.destination = card_writes.destination
        )
    );

-- name: forget_anonymous_awards
-- Forgets which award a card was written for, once that award says no more for whom it was: the
-- newest write of a card outlives it.
-- Writes card_writes, reads awards. Binds store.
UPDATE card_writes
SET cause_ref = NULL
WHERE
    store = :store
    AND cause = 'award'
    AND cause_ref IS NOT NULL
    AND EXISTS (
        SELECT 1
        FROM awards AS a
        WHERE
            a.store = card_writes.store
            AND a.award_id = card_writes.cause_ref
            AND a.subject = 'erased'
    );

-- name: select_run_changes
-- What a run wrote, is to write or would write, by customer: each with what the card said before,
-- and what it says after. Of one that is done these are the rows of its own write; of one that is
-- not, the newest write and the member's card of now. `wanted_fingerprint` is of that card, and
-- `accepted_fingerprint` of the one that Gorgias accepted last.
-- Reads changes, customers, card_writes, members, pushed_cards. Binds store, run_id, kind and state
-- (empty for any), after_customer and after_destination (where the last look ended), last_customer,
-- chunk. One row per customer and destination.
SELECT
    c.customer_id,
    c.destination,
    c.member_id,
    c.outcome,
    c.kind,
    c.state,
    c.error,
    c.fingerprint,
    cu.name,
    w.card AS written_card,
    m.card AS wanted_card,
    m.card_fingerprint AS wanted_fingerprint,
    p.fingerprint AS accepted_fingerprint,
    (
        SELECT b.card
        FROM card_writes AS b
        WHERE
            b.store = c.store
            AND b.customer_id = c.customer_id
            AND b.destination = c.destination
            AND b.version_utc < CASE WHEN c.state = 'done' THEN c.ledger_version_utc ELSE '9999' END
        ORDER BY b.version_utc DESC
        LIMIT 1
    ) AS card_before
FROM changes AS c
LEFT JOIN customers AS cu ON c.store = cu.store AND c.customer_id = cu.customer_id
LEFT JOIN card_writes AS w
    ON
        c.store = w.store
        AND c.customer_id = w.customer_id
        AND c.destination = w.destination
        AND c.ledger_version_utc = w.version_utc
        AND c.state = 'done'
LEFT JOIN members AS m
    ON
        c.store = m.store
        AND c.member_id = m.member_id
        AND c.outcome = 'matched'
LEFT JOIN pushed_cards AS p
    ON
        c.store = p.store
        AND c.customer_id = p.customer_id
        AND c.destination = p.destination
WHERE
    c.store = :store
    AND c.run_id = :run_id
    AND c.customer_id >= :after_customer
    AND (c.customer_id > :after_customer OR c.destination > :after_destination)
    AND c.customer_id <= :last_customer
    AND :kind IN ('', c.kind)
    AND :state IN ('', c.state)
ORDER BY c.customer_id ASC, c.destination ASC
LIMIT :chunk;
