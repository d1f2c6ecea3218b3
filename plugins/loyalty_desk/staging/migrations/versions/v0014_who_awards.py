"""Who awards: the users of Gorgias, tokens with owners and ceilings, who queued an award."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "gorgias_agents",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("read_at_utc", Text, nullable=False),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    for name in ("owner", "ceilings"):
        op.add_column("api_tokens", Column(name, Text))
    op.execute("UPDATE api_tokens SET owner = made_by")
    for name in ("token_id", "queued_by"):
        op.add_column("awards", Column(name, Text))
