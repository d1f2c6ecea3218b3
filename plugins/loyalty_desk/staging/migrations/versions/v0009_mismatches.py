"""What could not be paired, over time: open, settled, come back."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, MetaData, Table, Text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "mismatches",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("opened_at_utc", Text, nullable=False),
    Column("settled_at_utc", Text),
    Column("returned", Integer, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
