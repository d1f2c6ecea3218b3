"""Who is set aside, as a row of theirs is at fault."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "set_aside",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("found_by", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("email_key", Text),
    Column("since_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
