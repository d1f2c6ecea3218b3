"""The views that are promised to other programs."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

VIEWS = (
    """
CREATE VIEW reporting_version AS SELECT 1 AS promise
""",
    """
CREATE VIEW reporting_awards AS SELECT
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
FROM awards
""",
    """
CREATE VIEW reporting_goodwill_days AS WITH booked AS (
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
        ELSE CAST(ROUND(amount * point_value_millionths / 10000.0) AS BIGINT)
    END AS worth
FROM valued
""",
    """
CREATE VIEW reporting_liability_days AS WITH compared AS (
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
    points_moved - points_by_hand AS points_unexplained,
    CAST(
        ROUND((points + COALESCE(points_pending, 0)) * point_value_millionths / 10000.0) AS BIGINT
    )
    + COALESCE(credits, 0) AS worth
FROM compared
""",
    """
CREATE VIEW reporting_mismatch_days AS SELECT
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
GROUP BY store, on_day, side, outcome
""",
    """
CREATE VIEW reporting_runs AS SELECT
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
GROUP BY r.store, r.run_id, r.state, r.started_at_utc, r.ended_at_utc
""",
)


def upgrade() -> None:
    for view in VIEWS:
        op.execute(view)
