"""Which customer fields hold a value, and what Gorgias last took into ours.

Nothing is known of either until a customer is read, and written to, anew: then a write reads first.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", Column("field_ids", Text))
    op.add_column("pushed_cards", Column("field_values", Text))
