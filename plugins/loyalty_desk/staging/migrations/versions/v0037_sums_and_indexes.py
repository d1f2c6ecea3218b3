"""Money of goodwill reckoned beyond a BIGINT; indexes for what housekeeping and erasing forget."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

VIEW = """
VIEW reporting_goodwill_days AS WITH booked AS (
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
FROM valued
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE OR REPLACE {VIEW}")  # who may read it still may
    else:
        op.execute("DROP VIEW reporting_goodwill_days")
        op.execute(f"CREATE {VIEW}")
    op.create_index("card_writes_by_time", "card_writes", ["store", "written_at_utc"])
    op.create_index("card_writes_by_member", "card_writes", ["store", "member_id"])
