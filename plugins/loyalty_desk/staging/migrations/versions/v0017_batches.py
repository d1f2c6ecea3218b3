"""Files of awards that another person approves as a whole."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text, text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IN_A_BATCH = text("batch_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("awards", Column("batch_id", Text))
    op.create_index(
        "awards_by_batch",
        "awards",
        ["store", "batch_id"],
        sqlite_where=IN_A_BATCH,
        postgresql_where=IN_A_BATCH,
    )
