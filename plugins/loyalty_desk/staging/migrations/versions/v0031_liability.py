"""The points liability by day; and what an award's member and ticket were when it was booked."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "liability_days",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("taken_at_utc", Text, nullable=False),
    Column("members", BigInteger, nullable=False),
    Column("members_told", BigInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("points_pending", BigInteger),
    Column("credits", BigInteger),
    Column("since_day", Text),
    Column("points_by_hand", BigInteger),
    Column("credits_by_hand", BigInteger),
    Column("point_value_millionths", BigInteger),
    Column("currency", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    op.add_column("awards", Column("member_tier", Text))
    op.add_column("awards", Column("ticket_tags", Text))
    op.create_index("awards_by_end", "awards", ["store", "settled_at_utc"])
