"""The clock that all workers of one PostgreSQL database go by; SQLite's is in `engine`."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# As text like every time of ours, with microseconds; it goes on within a transaction.
NOW = """
CREATE FUNCTION staging_now() RETURNS text LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NOW)
