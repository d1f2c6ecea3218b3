-- name: sum_balances
-- What the members who are there hold, by tier. Money is summed in thousandths, as each may have
-- three digits, and rounded once.
-- Reads members. Binds store. One row per tier; sums are NULL where nobody has one that is told.
SELECT
    CAST(SUM(points_balance) AS BIGINT) AS points,
    CAST(SUM(CAST(JSON(card) ->> 'points_pending' AS BIGINT)) AS BIGINT) AS points_pending,
    CAST(
        ROUND(
            SUM(CAST(ROUND(CAST(JSON(card) ->> 'credits_balance' AS NUMERIC) * 1000) AS BIGINT))
            / 10.0
        ) AS BIGINT
    ) AS credits,
    COALESCE(JSON(card) ->> 'tier', '') AS tier,
    COUNT(*) AS members,
    COUNT(points_balance) AS members_told
FROM members
WHERE store = :store AND gone_at_utc IS NULL AND status <> 'erased'
GROUP BY COALESCE(JSON(card) ->> 'tier', '');

-- name: sum_booked_by_hand
-- What was booked by hand since a time, by the tier that the members are in now; of who is not
-- there any more, or not known, nothing.
-- Reads awards, members. Binds store, since_utc, now_utc. One row per tier and unit.
SELECT
    a.unit,
    CAST(SUM(a.amount) AS BIGINT) AS amount,
    COALESCE(JSON(m.card) ->> 'tier', '') AS tier
FROM awards AS a
INNER JOIN members AS m ON a.store = m.store AND a.member_id = m.member_id
WHERE
    a.store = :store
    AND a.state = 'applied'
    AND a.settled_at_utc > :since_utc
    AND a.settled_at_utc <= :now_utc
    AND m.gone_at_utc IS NULL
    AND m.status <> 'erased'
GROUP BY a.unit, COALESCE(JSON(m.card) ->> 'tier', '');

-- name: select_day_before
-- The newest day before one.
-- Reads liability_days. Binds store, day. One row per tier.
SELECT
    day,
    tier,
    taken_at_utc,
    members,
    ledger_since_utc
FROM liability_days
WHERE
    store = :store
    AND day = (
        SELECT MAX(earlier.day)
        FROM liability_days AS earlier
        WHERE earlier.store = :store AND earlier.day < :day
    );

-- name: delete_day
-- Makes room for a later sync of the same day.
-- Writes liability_days. Binds store, day.
DELETE FROM liability_days
WHERE store = :store AND day = :day;

-- name: insert_day
-- Keeps what the members of a tier hold on a day.
-- Writes liability_days. Binds one per column.
INSERT INTO liability_days (
    store,
    day,
    tier,
    taken_at_utc,
    members,
    members_told,
    points,
    points_pending,
    credits,
    since_day,
    points_by_hand,
    credits_by_hand,
    point_value_millionths,
    currency,
    ledger_since_utc,
    points_earned,
    points_redeemed,
    points_expired,
    points_adjusted,
    points_added,
    points_taken
)
VALUES (
    :store,
    :day,
    :tier,
    :taken_at_utc,
    :members,
    :members_told,
    :points,
    :points_pending,
    :credits,
    :since_day,
    :points_by_hand,
    :credits_by_hand,
    :point_value_millionths,
    :currency,
    :ledger_since_utc,
    :points_earned,
    :points_redeemed,
    :points_expired,
    :points_adjusted,
    :points_added,
    :points_taken
);

-- name: delete_old_days
-- Forgets what members held before a day.
-- Writes liability_days. Binds store, before_day.
DELETE FROM liability_days
WHERE store = :store AND day < :before_day;

-- name: keep_tiers
-- Keeps in which tier the members were who were awarded since a time; of earlier awards, and of
-- members who are not there any more, nobody knows it.
-- Writes awards. Reads members. Binds store, since_utc.
UPDATE awards
SET
    member_tier = (
        SELECT COALESCE(JSON(m.card) ->> 'tier', '')
        FROM members AS m
        WHERE
            m.store = awards.store
            AND m.member_id = awards.member_id
            AND m.gone_at_utc IS NULL
            AND m.status <> 'erased'
    )
WHERE
    awards.store = :store
    AND awards.state = 'applied'
    AND awards.member_tier IS NULL
    AND awards.settled_at_utc >= :since_utc;

-- name: keep_tags
-- Keeps the tags of tickets with awards, as tickets that nobody touches are forgotten long before
-- their awards.
-- Writes awards. Reads tickets. Binds store, since_utc.
UPDATE awards
SET
    ticket_tags = (
        SELECT t.tags
        FROM tickets AS t
        WHERE t.store = awards.store AND t.ticket_id = awards.ticket_id
    )
WHERE
    awards.store = :store
    AND awards.queued_at_utc >= :since_utc
    AND EXISTS (
        SELECT 1
        FROM tickets AS t
        WHERE
            t.store = awards.store
            AND t.ticket_id = awards.ticket_id
            AND t.tags IS NOT NULL
            AND t.tags IS DISTINCT FROM awards.ticket_tags
    );

-- name: select_days
-- What all members held, day by day, and before it moved. A tier without a balance that is known
-- counts as 0 in a sum with others.
-- Reads liability_days. Binds store, first_day, last_day. One row per day, the earliest first.
SELECT
    d.day,
    d.point_value_millionths,
    CAST(SUM(d.members) AS BIGINT) AS members,
    CAST(SUM(d.members_told) AS BIGINT) AS members_told,
    CAST(SUM(d.points) AS BIGINT) AS points,
    CAST(SUM(d.points_pending) AS BIGINT) AS points_pending,
    CAST(SUM(d.credits) AS BIGINT) AS credits,
    CAST(SUM(d.points_by_hand) AS BIGINT) AS points_by_hand,
    CAST(SUM(d.points_earned) AS BIGINT) AS points_earned,
    CAST(SUM(d.points_redeemed) AS BIGINT) AS points_redeemed,
    CAST(SUM(d.points_expired) AS BIGINT) AS points_expired,
    CAST(SUM(d.points_adjusted) AS BIGINT) AS points_adjusted,
    CAST(SUM(d.points_added) AS BIGINT) AS points_added,
    CAST(SUM(d.points_taken) AS BIGINT) AS points_taken,
    (
        SELECT CAST(SUM(b.points) AS BIGINT)
        FROM liability_days AS b
        WHERE b.store = :store AND b.day = d.since_day
    ) AS points_before
FROM liability_days AS d
WHERE d.store = :store AND d.day >= :first_day AND d.day <= :last_day
GROUP BY d.day, d.since_day, d.point_value_millionths
ORDER BY d.day ASC;

-- name: select_tiers_of_last_day
-- What the members of each tier held on the last of some days that has rows.
-- Reads liability_days. Binds store, first_day, last_day. One row per tier, the most points first.
SELECT
    day,
    tier,
    members,
    members_told,
    points,
    points_pending,
    credits,
    point_value_millionths
FROM liability_days
WHERE
    store = :store
    AND members > 0
    AND day = (
        SELECT MAX(latest.day)
        FROM liability_days AS latest
        WHERE latest.store = :store AND latest.day >= :first_day AND latest.day <= :last_day
    )
ORDER BY points DESC, tier ASC;
