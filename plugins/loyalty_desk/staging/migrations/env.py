"""What Alembic runs: applies the migrations on the connection that `engine.migrate` hands over."""

from __future__ import annotations

from alembic import context

from loyalty_desk.staging.schema import METADATA

# One transaction for all of it, on both databases: a failed migration leaves nothing behind.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
