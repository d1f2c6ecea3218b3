"""What routing set on tickets, and what a read tells of a ticket beside its status."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "routed_tickets",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger),
    Column("state", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("tag", Text),
    Column("priority", Text),
    Column("tag_left_at_utc", Text),
    Column("priority_left_at_utc", Text),
    Column("first_answer_at_utc", Text),
    Column("sought_at_utc", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    for name in ("created_at_utc", "priority", "tags"):
        op.add_column("tickets", Column(name, Text))
    TABLES.create_all(op.get_bind(), checkfirst=False)
