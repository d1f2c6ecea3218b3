"""Where in a run an award is asked about, so that its question can be answered from elsewhere."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("awards", Column("asked_map_index", Integer))
