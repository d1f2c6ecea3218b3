"""Who was told what, place by place; what everybody was told before is kept under no place."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, MetaData, Table, Text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "tellings",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("thing", Text, primary_key=True),
    Column("content", Text),
    Column("told_at_utc", Text),
    Column("claimed_by", Text),
    Column("claimed_until_utc", Text),
    Column("tries", Integer, nullable=False),
    Column("failing_since_utc", Text),
    Column("next_try_utc", Text),
    Column("error", Text),
    sqlite_with_rowid=False,
)
Table(
    "owed_alerts",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("alert_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("made_at_utc", Text, nullable=False),
    Column("closed_at_utc", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    op.execute(
        "INSERT INTO tellings (store, place, thing, content, told_at_utc, tries)"
        " SELECT store, '', CASE WHEN key = 'report_sent' THEN 'report' ELSE key END,"
        " content, updated_at_utc, 0"
        " FROM store_state WHERE key IN ('report_sent', 'thresholds')"
    )
    op.execute("DELETE FROM store_state WHERE key IN ('report_sent', 'thresholds')")
