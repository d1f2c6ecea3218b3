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
-- A sample of what the run wrote, spread over all of it by an arbitrary but repeatable order, with
-- what should stand in Gorgias. Leaves out members whose card changed after the write.
-- Reads changes, customers, members. Binds store, run_id, sample. One row per change.
SELECT
    changes.customer_id,
    changes.destination,
    changes.outcome,
    changes.member_id,
    customers.email,
    customers.other_data,
    customers.read_at_utc,
    members.card,
    members.points_balance,
    NULL AS version_utc
FROM changes
INNER JOIN customers
    ON changes.store = customers.store AND changes.customer_id = customers.customer_id
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
