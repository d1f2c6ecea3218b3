"""Tickets whose look-up found no member."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "lookups_not_found",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("first_at_utc", Text, nullable=False),
    Column("last_at_utc", Text, nullable=False),
    Column("settled_at_utc", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
