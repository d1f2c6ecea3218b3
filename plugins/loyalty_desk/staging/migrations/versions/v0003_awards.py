"""Awards: the queue, its audit, and the gate that keeps the limits."""

from __future__ import annotations

from typing import Any, Final

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = MetaData()

_CLUSTERED: Final[dict[str, Any]] = {"sqlite_with_rowid": False}

Table(
    "awards",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("award_id", Text, primary_key=True),
    Column("idempotency_key", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("email", Text),
    Column("member_id", Text),
    Column("subject", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text),
    Column("message", Text),
    Column("agent", Text, nullable=False),
    Column("ticket_id", BigInteger),
    Column("door", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    Column("queued_at_utc", Text, nullable=False),
    Column("claimed_by", Text),
    Column("lease_until_utc", Text),
    Column("sent_at_utc", Text),
    Column("sends", Integer, nullable=False),
    Column("entry_id", Text),
    Column("settled_at_utc", Text),
    Index("awards_by_key", "store", "idempotency_key", unique=True),
    Index("awards_by_state", "store", "state", "lease_until_utc"),
    Index("awards_by_day", "store", "queued_at_utc"),
)

Table(
    "award_events",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("award_id", Text, primary_key=True),
    Column("event_number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    Column("actor", Text, nullable=False),
    Column("happened_at_utc", Text, nullable=False),
    Column("facts", Text, nullable=False),
    **_CLUSTERED,
)

Table(
    "award_gates",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("passed_at_utc", Text, nullable=False),
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
