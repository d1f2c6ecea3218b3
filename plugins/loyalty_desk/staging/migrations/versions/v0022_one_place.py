"""One place for the card: in which form it was written, and customers whose card is asked for."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "customers_to_show",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("is_stale", Boolean, nullable=False),
    Column("asked_at_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    op.add_column("pushed_cards", Column("form", Text))
    TABLES.create_all(op.get_bind(), checkfirst=False)
