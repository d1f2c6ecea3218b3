"""What lookups read of members' last movements, and what cards say of them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "activities",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("card_fingerprint", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("read_at_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    op.add_column("pushed_cards", Column("activity", Text))
