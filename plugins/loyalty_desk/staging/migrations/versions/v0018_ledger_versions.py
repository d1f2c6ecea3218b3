"""Which version of the ledger a change was planned over, and which one it wrote."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("changes", Column("ledger_version_utc", Text))
