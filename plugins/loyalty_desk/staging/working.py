"""What match and plan share: named statements, temporary tables, and memory to work with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, CursorResult, Integer

from loyalty_desk.staging.statements import statement

TEMPORARY: Final = ["TEMPORARY"]
"""`prefixes` of a table that only this connection sees."""

CUSTOMER_ID: Final = BigInteger().with_variant(Integer(), "sqlite")
"""In SQLite only the type INTEGER makes a key the row id, which saves an index."""


def run(connection: Connection, path: str, binds: Mapping[str, object]) -> CursorResult[Any]:
    """Execute the statement `path` with those of the binds that it has."""
    clause = statement(path)
    return connection.execute(clause, {name: binds[name] for name in clause.compile().params})


def refresh_statistics(connection: Connection, *tables: str) -> None:
    """Tell PostgreSQL how large tables have become: nothing else does so right after a load.

    Not for SQLite. All its indexes begin with `store`, which is the same in most rows, and so its
    statistics make it scan a store where it should look up a key. Without them it looks up; the
    order of the tables is fixed in the statements.
    """
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table}")


def allow_memory(connection: Connection) -> None:
    """Let PostgreSQL join a million rows in memory, in this transaction; 4 MB is its default."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")
