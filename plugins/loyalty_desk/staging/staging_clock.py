"""The one clock that leases, waits and the days of limits go by, whoever works on which machine.

Workers that each went by a clock of their own would take an award from each other too early, or
leave it too long. So both databases have a function `staging_now()`: PostgreSQL tells the time of
its server (`migrations`), and SQLite, whose workers all are on one machine, that of the machine.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import parse_utc
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement


def staging_now(connection: Connection) -> datetime:
    """The time by the staging database's clock; it goes on within a transaction."""
    return parse_utc(connection.execute(statement("clock/select_now")).scalar_one())


def ask_staging_now(engine: Engine) -> datetime:
    """The same for who has no transaction open."""
    with reading(engine) as connection:
        return staging_now(connection)
