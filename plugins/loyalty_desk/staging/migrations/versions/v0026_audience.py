"""Tickets that make their customer recent for `push.audience`, beyond the window of tickets."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "further_tickets",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("updated_at_utc", Text, nullable=False),
    Index("further_tickets_by_customer", "store", "customer_id"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
