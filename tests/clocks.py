"""A clock for the staging database that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from sqlalchemy import Engine, text

from loyalty_desk.awards import clock_jumps
from loyalty_desk.clock import utc_text
from loyalty_desk.staging import engine as engine_module
from tests.factories import NOW


@contextmanager
def staging_clock(staging: Engine, now: datetime) -> Iterator[None]:
    """Have the database's `staging_now()` stand at a moment, whatever this machine's clock says."""
    if staging.dialect.name == "sqlite":
        with patch.object(engine_module, "utc_now", lambda: now):
            yield
        return
    with function_that_tells(staging, f"'{utc_text(now)}'"):
        yield


@contextmanager
def time_passed(staging: Engine, by: timedelta) -> Iterator[None]:
    """Have it be so long after `NOW`, by the clock that a person can set and by the one that goes
    on whatever they do: time has passed, and nobody set anything.
    """
    with (
        patch.object(clock_jumps, "steady_s", lambda: 1_000.0 + by.total_seconds()),
        staging_clock(staging, NOW + by),
    ):
        yield


@contextmanager
def function_that_tells(staging: Engine, sql: str) -> Iterator[None]:
    """Have PostgreSQL's `staging_now()` tell what an SQL expression does."""
    body = f"CREATE OR REPLACE FUNCTION staging_now() RETURNS text AS $$ SELECT {sql} $$"
    with staging.begin() as connection:
        found = connection.execute(text("SELECT pg_get_functiondef('staging_now'::regproc)"))
        before = str(found.scalar_one())
        connection.exec_driver_sql(f"{body} LANGUAGE sql VOLATILE")
    try:
        yield
    finally:
        with staging.begin() as connection:
            connection.exec_driver_sql(before)
