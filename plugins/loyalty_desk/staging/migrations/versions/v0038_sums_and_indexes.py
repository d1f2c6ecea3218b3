"""Views with money beyond a BIGINT; indexes for what housekeeping and erasing forget."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0035"
branch_labels = None
depends_on = None

VIEWS = (
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
        ELSE
            CAST(
                ROUND(CAST(amount AS NUMERIC) * point_value_millionths / 10000.0) AS NUMERIC
            )
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
        ROUND(
            (CAST(points AS NUMERIC) + COALESCE(points_pending, 0))
            * point_value_millionths
            / 10000.0
        ) AS NUMERIC
    )
    + COALESCE(credits, 0) AS worth
FROM compared
""",
)


def upgrade() -> None:
    for view in VIEWS:
        op.execute(f"DROP VIEW {view.split()[2]}")
        op.execute(view)
    op.create_index("card_writes_by_time", "card_writes", ["store", "written_at_utc"])
    op.create_index("card_writes_by_member", "card_writes", ["store", "member_id"])
