"""When the platform was last asked about a customer, where it lists no members."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "member_lookups",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("asked_at_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
