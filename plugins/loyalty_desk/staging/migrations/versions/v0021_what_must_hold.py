"""The sentence of a check beside its result, as its own file may be changed or gone by then."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quality_results", Column("says", Text))
