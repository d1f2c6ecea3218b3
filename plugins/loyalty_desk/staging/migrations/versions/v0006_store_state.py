"""What is known of a store besides its settings: the probe's answers, whether it is connected."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "store_state",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("updated_at_utc", Text, nullable=False),
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
