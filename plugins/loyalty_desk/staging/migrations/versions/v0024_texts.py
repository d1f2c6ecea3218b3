"""In which language a customer is, and in which words a card was written."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FIRST_TEXTS = "en-d8f00541c74ecd66"
"""The English that all cards so far are written in: a default costs no write of a million rows."""


def upgrade() -> None:
    op.add_column("customers", Column("language", Text))
    op.add_column(
        "pushed_cards",
        Column("texts_version", Text, nullable=False, server_default=FIRST_TEXTS),
    )
    op.add_column("pushed_cards", Column("shown_fingerprint", Text))
