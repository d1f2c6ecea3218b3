"""Members whose cards are to be shown at once, because the platform told of a change."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "cards_to_show",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("asked_at_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
