-- name: select_card
-- The card to show at one place of a customer, with all that its write needs: a member's as it is
-- now, which may be newer than a plan. `accepted_fingerprint` is of the card that Gorgias last
-- accepted there, `current_fingerprint` of the one that it has, reckoned as the plan does.
-- Reads customers, members, pushed_cards. Binds store, customer_id, destination, member_id (NULL
-- for the card of who is no member). One row, or none when the customer is not staged.
SELECT
    c.email,
    c.other_data,
    c.read_at_utc,
    m.card,
    m.card_fingerprint,
    m.points_balance,
    p.version_utc,
    p.fingerprint AS accepted_fingerprint,
    CASE
        WHEN
            :destination = 'customer_data'
            AND c.shown_fingerprint IS NOT NULL
            AND (p.pushed_at_utc IS NULL OR c.read_at_utc > p.pushed_at_utc)
            THEN NULLIF(c.shown_fingerprint, 'none')
        ELSE p.fingerprint
    END AS current_fingerprint
FROM customers AS c
LEFT JOIN members AS m ON c.store = m.store AND m.member_id = :member_id
LEFT JOIN pushed_cards AS p
    ON
        c.store = p.store
        AND c.customer_id = p.customer_id
        AND p.destination = :destination
WHERE c.store = :store AND c.customer_id = :customer_id;

-- name: upsert_pushed_card
-- Keeps in the ledger what Gorgias accepted.
-- Writes pushed_cards. Binds one per column.
INSERT INTO pushed_cards (
    store,
    customer_id,
    destination,
    fingerprint,
    is_member,
    points_balance,
    version_utc,
    pushed_at_utc
)
VALUES (
    :store,
    :customer_id,
    :destination,
    :fingerprint,
    :is_member,
    :points_balance,
    :version_utc,
    :pushed_at_utc
)
ON CONFLICT (store, customer_id, destination) DO UPDATE
    SET
        fingerprint = excluded.fingerprint,
        is_member = excluded.is_member,
        points_balance = excluded.points_balance,
        version_utc = excluded.version_utc,
        pushed_at_utc = excluded.pushed_at_utc;

-- name: select_readback_sample
-- A sample of what the run wrote, spread over all of it by an arbitrary but repeatable order.
-- Leaves out members whose card changed after the write.
-- Reads changes, members. Binds store, run_id, sample. One row per change.
SELECT
    changes.customer_id,
    changes.destination,
    changes.outcome,
    changes.member_id
FROM changes
LEFT JOIN members
    ON changes.store = members.store AND changes.member_id = members.member_id
WHERE
    changes.store = :store
    AND changes.run_id = :run_id
    AND changes.state = 'done'
    AND (changes.outcome <> 'matched' OR members.card_fingerprint = changes.fingerprint)
ORDER BY
    SUBSTR(changes.fingerprint, 1, 8) ASC, changes.customer_id ASC, changes.destination ASC
LIMIT :sample;

-- name: delete_pushed_card
-- Forgets a card that did not arrive, so that the next plan sends it again.
-- Writes pushed_cards. Binds store, customer_id, destination.
DELETE FROM pushed_cards
WHERE store = :store AND customer_id = :customer_id AND destination = :destination;

-- name: insert_to_plan
-- Puts a customer on the list of what the next plan looks at.
-- Touches the row even when it is there, so that one being taken off right now comes back.
-- Writes to_plan. Binds store, customer_id.
INSERT INTO to_plan (store, customer_id)
VALUES (:store, :customer_id)
ON CONFLICT (store, customer_id) DO UPDATE
    SET customer_id = excluded.customer_id;
