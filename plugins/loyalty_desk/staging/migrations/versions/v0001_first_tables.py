"""The first tables.

Self-contained: it must not import `schema.py`, which goes on changing after this migration.
"""

from __future__ import annotations

from typing import Any, Final

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = MetaData()

_CLUSTERED: Final[dict[str, Any]] = {"sqlite_with_rowid": False}

Table(
    "runs",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("started_at_utc", Text, nullable=False),
    Column("ended_at_utc", Text),
    Column("failure", Text),
    Column("report_path", Text),
)

Table(
    "run_counters",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Float, nullable=False),
    **_CLUSTERED,
)

Table(
    "locks",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("expires_at_utc", Text, nullable=False),
)

Table(
    "watermarks",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("since", Text),
    Column("full_scan_at_utc", Text),
)

Table(
    "scan_seen",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    **_CLUSTERED,
)

Table(
    "members",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("phone", Text),
    Column("external_id", Text),
    Column("points_balance", BigInteger),
    Column("tier_rank", Integer, nullable=False),
    Column("card", Text, nullable=False),
    Column("card_fingerprint", Text, nullable=False),
    Column("changed_at_utc", Text, nullable=False),
    Column("gone_at_utc", Text),
    Index("members_by_email_key", "store", "email_key", "status", "gone_at_utc", "member_id"),
)

Table(
    "customers",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_state", Text, nullable=False),
    Column("name", Text),
    Column("external_id", Text),
    Column("other_data", Text),
    Column("shown_fingerprint", Text),
    Column("updated_at_utc", Text, nullable=False),
    Column("read_at_utc", Text, nullable=False),
    Column("channels_read_at_utc", Text),
    Column("gone_at_utc", Text),
    Index("customers_by_email_key", "store", "email_key"),
    Index(
        "customers_gone",
        "store",
        "customer_id",
        sqlite_where=text("gone_at_utc IS NOT NULL"),
        postgresql_where=text("gone_at_utc IS NOT NULL"),
    ),
    **_CLUSTERED,
)

Table(
    "customer_channels",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("email_key", Text, primary_key=True),
    Index("customer_channels_by_email_key", "store", "email_key"),
    **_CLUSTERED,
)

Table(
    "tickets",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("updated_at_utc", Text, nullable=False),
    Index("tickets_by_customer", "store", "customer_id"),
    **_CLUSTERED,
)

Table(
    "links",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("confirmed_by", Text, nullable=False),
    Column("confirmed_at_utc", Text, nullable=False),
    **_CLUSTERED,
)

Table(
    "touched",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    **_CLUSTERED,
)

Table(
    "matches",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Index("matches_by_member", "store", "member_id"),
    **_CLUSTERED,
)

Table(
    "unmatched_customers",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("since_utc", Text, nullable=False),
    **_CLUSTERED,
)

Table(
    "unmatched_members",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("since_utc", Text, nullable=False),
    **_CLUSTERED,
)

Table(
    "to_plan",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    **_CLUSTERED,
)

Table(
    "pushed_cards",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("is_member", Boolean, nullable=False),
    Column("points_balance", BigInteger),
    Column("version_utc", Text, nullable=False),
    Column("pushed_at_utc", Text, nullable=False),
    **_CLUSTERED,
)

changes = Table(
    "changes",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("member_id", Text),
    Column("outcome", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("priority", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("changed_at_utc", Text, nullable=False),
    **_CLUSTERED,
)

Table(
    "rejected_records",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("record_id", Text),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

Table(
    "quality_results",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("expectation", Text, primary_key=True),
    Column("severity", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("failing_count", BigInteger, nullable=False),
    Column("failing_ids", Text, nullable=False),
    Column("checked_at_utc", Text, nullable=False),
)

Table(
    "request_budgets",
    TABLES,
    Column("account", Text, primary_key=True),
    Column("level", Float, nullable=False),
    Column("own_level", Float, nullable=False),
    Column("capacity", Float, nullable=False),
    Column("leaked_at_s", Float, nullable=False),
    Column("blocked_until_s", Float, nullable=False),
)

Table(
    "gorgias_objects",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("gorgias_id", BigInteger, nullable=False),
)

Table(
    "oauth_tokens",
    TABLES,
    Column("conn_id", Text, primary_key=True),
    Column("tokens", Text, nullable=False),
    Column("expires_at_utc", Text, nullable=False),
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
