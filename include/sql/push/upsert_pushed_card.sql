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
        pushed_at_utc = excluded.pushed_at_utc
