"""What is erased, revoked and decided, on its way to a place outside of the database."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, MetaData, Table, Text

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "journal",
    TABLES,
    Column("entry_id", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("number", Integer),
    Column("kind", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("kept_at_utc", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
