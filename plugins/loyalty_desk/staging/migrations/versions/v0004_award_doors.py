"""Awards: approval, reversal, what follows an award, and tokens for the HTTP doors."""

from __future__ import annotations

from typing import Final

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text, text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "api_tokens",
    TABLES,
    Column("token_id", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("opens", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at_utc", Text, nullable=False),
    Column("revoked_by", Text),
    Column("revoked_at_utc", Text),
)

NEW_COLUMNS: Final = (
    "reverses",
    "approve_by_utc",
    "asked_run_id",
    "shown_at_utc",
    "noted_at_utc",
    "alert_run_id",
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    for name in NEW_COLUMNS:
        op.add_column("awards", Column(name, Text))
    # What ended before this version was shown by a sync since, and is no news to anybody.
    op.execute("UPDATE awards SET shown_at_utc = settled_at_utc, alert_run_id = 'before 0004'")
    waiting = text("state IN ('queued', 'approved', 'applying', 'needs_approval')")
    op.create_index(
        "awards_waiting", "awards", ["state"], sqlite_where=waiting, postgresql_where=waiting
    )
    live = text("reverses IS NOT NULL AND state NOT IN ('refused', 'rejected')")
    op.create_index(
        "awards_reversed",
        "awards",
        ["store", "reverses"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
