"""What moved of the points liability by the ledger of a platform that lists its whole shop's."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "ledger_entries",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("tier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("created_at_utc", Text, nullable=False),
    Column("read_at_utc", Text, nullable=False),
    Index("ledger_entries_by_reading", "store", "read_at_utc"),
    Index("ledger_entries_by_age", "store", "created_at_utc"),
    sqlite_with_rowid=False,
)
KINDS = ("earned", "redeemed", "expired", "adjusted", "added", "taken")

VIEW = """
VIEW reporting_liability_days AS WITH compared AS (
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
FROM explained
"""


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    op.add_column("liability_days", Column("ledger_since_utc", Text))
    for kind in KINDS:
        op.add_column("liability_days", Column(f"points_{kind}", BigInteger))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE OR REPLACE {VIEW}")  # who may read it still may
    else:
        op.execute("DROP VIEW reporting_liability_days")
        op.execute(f"CREATE {VIEW}")
