-- name: select_version
-- The view `reporting_version`: which promise the other views keep.
-- Reads nothing. No bind. One row.
SELECT 1 AS promise;

-- name: select_awards
-- The view `reporting_awards`: awards without anything that says for whom.
-- Reads awards. No bind. One row per award.
SELECT
    store,
    award_id,
    state,
    unit,
    amount,
    agent,
    reason,
    door,
    member_tier,
    batch_id,
    reverses AS takes_back,
    queued_at_utc,
    settled_at_utc,
    SUBSTR(queued_at_utc, 1, 10) AS queued_on,
    SUBSTR(settled_at_utc, 1, 10) AS settled_on
FROM awards;

-- name: select_goodwill_days
-- The view `reporting_goodwill_days`: what was booked by hand, less what was taken back, which
-- counts for whoever awarded that and for its reason. Points have the value of the newest day of
-- the liability up to then; `worth` is in hundredths, NULL where no value is kept. It is
-- reckoned as NUMERIC, as points times their value in millionths may be more than a BIGINT holds.
-- Reads awards, liability_days. No bind. One row per store, day, agent, reason and unit.
WITH booked AS (
    SELECT
        a.store,
        a.unit,
        a.amount,
        COALESCE(original.agent, a.agent) AS agent,
        COALESCE(original.reason, a.reason) AS reason,
        SUBSTR(a.settled_at_utc, 1, 10) AS on_day,
        CASE WHEN a.reverses IS NULL THEN 1 ELSE -1 END AS counts
    FROM awards AS a
    LEFT JOIN awards AS original ON a.store = original.store AND a.reverses = original.award_id
    WHERE a.state = 'applied'
),

summed AS (
    SELECT
        store,
        on_day,
        agent,
        reason,
        unit,
        CAST(SUM(counts) AS BIGINT) AS awards,
        CAST(SUM(amount) AS BIGINT) AS amount
    FROM booked
    GROUP BY store, on_day, agent, reason, unit
),

valued AS (
    SELECT
        s.store,
        s.on_day,
        s.agent,
        s.reason,
        s.unit,
        s.awards,
        s.amount,
        (
            SELECT MAX(l.point_value_millionths)
            FROM liability_days AS l
            WHERE
                l.store = s.store
                AND l.day = (
                    SELECT MAX(newest.day)
                    FROM liability_days AS newest
                    WHERE newest.store = s.store AND newest.day <= s.on_day
                )
        ) AS point_value_millionths
    FROM summed AS s
)

SELECT
    store,
    on_day,
    agent,
    reason,
    unit,
    awards,
    amount,
    point_value_millionths,
    CASE
        WHEN unit = 'credits' THEN amount
        ELSE
            CAST(
                ROUND(CAST(amount AS NUMERIC) * point_value_millionths / 10000.0) AS BIGINT
            )
    END AS worth
FROM valued;

-- name: select_liability_days
-- The view `reporting_liability_days`: what the members of each tier hold, and what moved since the
-- newest earlier day; NULL where that is not kept. `points_left` is what of `points_unexplained` no
-- ledger explains either. `worth` is in hundredths of the currency.
-- Reads liability_days. No bind. One row per store, day and tier.
WITH compared AS (
    SELECT
        d.store,
        d.day AS on_day,
        d.tier,
        d.members,
        d.members_told,
        d.points,
        d.points_pending,
        d.credits,
        d.since_day,
        d.points_by_hand,
        d.credits_by_hand,
        d.point_value_millionths,
        d.currency,
        d.points_earned,
        d.points_redeemed,
        d.points_expired,
        d.points_adjusted,
        d.points_added,
        d.points_taken,
        CASE
            WHEN EXISTS (
                SELECT 1
                FROM liability_days AS kept
                WHERE kept.store = d.store AND kept.day = d.since_day
            ) THEN d.points - COALESCE(b.points, 0)
        END AS points_moved
    FROM liability_days AS d
    LEFT JOIN liability_days AS b
        ON d.store = b.store AND d.since_day = b.day AND d.tier = b.tier
),

explained AS (
    SELECT
        *,
        points_moved - points_by_hand AS points_unexplained,
        CAST(
            ROUND(
                (CAST(points AS NUMERIC) + COALESCE(points_pending, 0))
                * point_value_millionths
                / 10000.0
            ) AS BIGINT
        )
        + COALESCE(credits, 0) AS worth,
        points_moved - points_by_hand
        - COALESCE(points_earned, 0) - COALESCE(points_redeemed, 0) - COALESCE(points_expired, 0)
        - COALESCE(points_adjusted, 0) - COALESCE(points_added, 0) - COALESCE(points_taken, 0)
            AS points_left
    FROM compared
)

SELECT
    store,
    on_day,
    tier,
    members,
    members_told,
    points,
    points_pending,
    credits,
    since_day,
    points_moved,
    points_by_hand,
    credits_by_hand,
    point_value_millionths,
    currency,
    points_unexplained,
    worth,
    points_earned,
    points_redeemed,
    points_expired,
    points_adjusted,
    points_added,
    points_taken,
    points_left
FROM explained;

-- name: select_mismatch_days
-- The view `reporting_mismatch_days`: how many mismatches were opened and how many were settled on
-- a day, as far as they are kept; of one that came back the last time counts.
-- Reads mismatches. No bind. One row per store, day, side and class with any.
SELECT
    store,
    on_day,
    side,
    outcome,
    CAST(SUM(opened) AS BIGINT) AS opened,
    CAST(SUM(settled) AS BIGINT) AS settled
FROM (
    SELECT
        store,
        side,
        outcome,
        1 AS opened,
        0 AS settled,
        SUBSTR(opened_at_utc, 1, 10) AS on_day
    FROM mismatches
    UNION ALL
    SELECT
        store,
        side,
        outcome,
        0 AS opened,
        1 AS settled,
        SUBSTR(settled_at_utc, 1, 10) AS on_day
    FROM mismatches
    WHERE settled_at_utc IS NOT NULL
) AS happened
GROUP BY store, on_day, side, outcome;

-- name: select_runs
-- The view `reporting_runs`: the runs of syncs with their main counters; 0 where a run did not come
-- so far.
-- Reads runs, run_counters. No bind. One row per store and run.
SELECT
    r.store,
    r.run_id,
    r.state,
    r.started_at_utc,
    r.ended_at_utc,
    CAST(
        COALESCE(SUM(CASE WHEN c.name = 'customers_total' THEN c.value END), 0) AS BIGINT
    ) AS customers_total,
    CAST(
        COALESCE(SUM(CASE WHEN c.name = 'customers_matched' THEN c.value END), 0) AS BIGINT
    ) AS customers_matched,
    CAST(
        COALESCE(SUM(CASE WHEN c.name = 'members_total' THEN c.value END), 0) AS BIGINT
    ) AS members_total,
    CAST(COALESCE(SUM(CASE WHEN c.name = 'planned' THEN c.value END), 0) AS BIGINT) AS planned,
    CAST(COALESCE(SUM(CASE WHEN c.name = 'pushed' THEN c.value END), 0) AS BIGINT) AS pushed,
    CAST(COALESCE(SUM(CASE WHEN c.name = 'failed' THEN c.value END), 0) AS BIGINT) AS failed,
    CAST(
        COALESCE(SUM(CASE WHEN c.name = 'gorgias_requests' THEN c.value END), 0) AS BIGINT
    ) AS gorgias_requests,
    SUBSTR(r.started_at_utc, 1, 10) AS started_on
FROM runs AS r
LEFT JOIN run_counters AS c ON r.store = c.store AND r.run_id = c.run_id
GROUP BY r.store, r.run_id, r.state, r.started_at_utc, r.ended_at_utc;
