"""Members that a customer without one may be."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "suggestions",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("score", Float, nullable=False),
    Column("reasons", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
