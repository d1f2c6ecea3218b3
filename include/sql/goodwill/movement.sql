-- name: upsert_entry
-- Keeps a booking once, however often it is read; one that was taken back meanwhile moves nothing.
-- Of who is not a member here, and of an award of ours, nothing is kept.
-- Writes ledger_entries. Reads members, awards. Binds store, entry_id, member_id (NULL: not told),
-- award_id (NULL: of none), kind, points, created_at_utc, read_at_utc.
INSERT INTO ledger_entries (
    store, entry_id, tier, kind, points, created_at_utc, read_at_utc
)
SELECT
    CAST(:store AS TEXT) AS store,
    CAST(:entry_id AS TEXT) AS entry_id,
    COALESCE(
        (
            SELECT JSON(m.card) ->> 'tier'
            FROM members AS m
            WHERE m.store = :store AND m.member_id = :member_id
        ),
        ''
    ) AS tier,
    CAST(:kind AS TEXT) AS kind,
    CAST(:points AS BIGINT) AS points,
    CAST(:created_at_utc AS TEXT) AS created_at_utc,
    CAST(:read_at_utc AS TEXT) AS read_at_utc
WHERE
    (
        CAST(:member_id AS TEXT) IS NULL
        OR EXISTS (
            SELECT 1
            FROM members AS h
            WHERE
                h.store = :store
                AND h.member_id = :member_id
                AND h.gone_at_utc IS NULL
                AND h.status <> 'erased'
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM awards AS a
        WHERE a.store = :store AND a.award_id = :award_id
    )
ON CONFLICT (store, entry_id) DO UPDATE
    SET points = excluded.points
    WHERE ledger_entries.points IS DISTINCT FROM excluded.points;

-- name: sum_entries
-- What was read of a ledger since a time, by tier and kind.
-- Reads ledger_entries. Binds store, since_utc, now_utc. One row per tier and kind.
SELECT
    tier,
    kind,
    CAST(SUM(points) AS BIGINT) AS points
FROM ledger_entries
WHERE store = :store AND read_at_utc > :since_utc AND read_at_utc <= :now_utc
GROUP BY tier, kind;

-- name: delete_old_entries
-- Forgets bookings of before a time, once they are counted: by then they do not come again.
-- Writes ledger_entries. Binds store, before_utc, counted_utc.
DELETE FROM ledger_entries
WHERE store = :store AND created_at_utc < :before_utc AND read_at_utc <= :counted_utc;
