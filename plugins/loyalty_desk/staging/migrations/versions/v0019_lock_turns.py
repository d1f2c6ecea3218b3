"""Who waits for a store while a sync works on it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "lock_turns",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("since_utc", Text, nullable=False),
    Column("expires_at_utc", Text, nullable=False),
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
