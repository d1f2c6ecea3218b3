"""What people decide about mismatches, and whom they erased."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "refused_suggestions",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
Table(
    "ignored_mismatches",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("until_utc", Text),
    sqlite_with_rowid=False,
)
Table(
    "decisions",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("decision_id", Text, primary_key=True),
    Column("batch_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("member_id", Text),
    Column("reason", Text),
    Column("until_utc", Text),
    Column("actor", Text, nullable=False),
    Column("decided_at_utc", Text, nullable=False),
    Column("undone_by", Text),
    Column("undone_at_utc", Text),
    Index("decisions_by_subject", "store", "side", "subject_id"),
    Index("decisions_by_batch", "store", "batch_id"),
)
Table(
    "erased_people",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("person_hash", Text, primary_key=True),
    Column("erased_at_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    op.create_index("awards_by_subject", "awards", ["store", "subject"])
