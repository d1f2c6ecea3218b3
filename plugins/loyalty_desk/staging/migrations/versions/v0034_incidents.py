"""Incidents, and what a ticket came by, for which recent tickets are read once more."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "incidents",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("batch_id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("asked_at_utc", Text, nullable=False),
    Column("choice", Text, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("strangers", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("run_id", Text),
    Index("incidents_by_name", "store", "incident"),
    sqlite_with_rowid=False,
)
Table(
    "incident_people",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("batch_id", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("ticket_id", BigInteger, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("fate", Text, nullable=False),
    Column("detail", Text),
    Column("award_id", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    op.add_column("tickets", Column("channel", Text))
    op.execute("DELETE FROM watermarks WHERE source = 'tickets'")
    TABLES.create_all(op.get_bind(), checkfirst=False)
