"""Who the members of a platform were that a store left; of one that left before, nobody knows."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Index, MetaData, Table, Text

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "former_members",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("left_at_utc", Text, nullable=False),
    Index("former_members_by_value", "store", "kind", "value"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
