"""Tokens of the API that end by themselves, after another has taken their place."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_tokens", Column("ends_at_utc", Text))
