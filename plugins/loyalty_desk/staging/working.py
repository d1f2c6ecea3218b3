"""What match and plan share: named statements, temporary tables, and memory to work with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, CursorResult, Integer

from loyalty_desk.staging.metadata import POSTGRESQL_ONLY
from loyalty_desk.staging.schema import METADATA
from loyalty_desk.staging.statements import statement

TEMPORARY: Final = ["TEMPORARY"]
"""`prefixes` of a table that only this connection sees."""

CUSTOMER_ID: Final = BigInteger().with_variant(Integer(), "sqlite")
"""In SQLite only the type INTEGER makes a key the row id, which saves an index."""


_MANY_ROWS: Final = 1_000_000
_FEW_ROWS: Final = 10_000
_COARSE: Final = {"run_id": 10_000, "state": 10_000, "kind": 10_000, "source": 10_000}
"""Columns after `store` that are no key: how many rows have the same value."""


def run(connection: Connection, path: str, binds: Mapping[str, object]) -> CursorResult[Any]:
    """Execute the statement `path` with those of the binds that it has."""
    clause = statement(path)
    return connection.execute(clause, {name: binds[name] for name in clause.compile().params})


def refresh_statistics(connection: Connection, *tables: str) -> None:
    """Tell PostgreSQL how large tables have become: nothing else does so right after a load.
    SQLite is told the shape of the tables instead, see `describe_tables`.
    """
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table}")


def describe_tables(connection: Connection) -> None:
    """Tell SQLite that a store has many rows, and that a key within a store has few.

    Every index begins with `store`. Without statistics, or with those of a table that was small
    when they were taken, SQLite holds that to be a key as good as any, and reads a whole store for
    each row of a join. So the statistics are written by hand and are right for every size.
    """
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("ANALYZE runs")  # makes sqlite_stat1, and nothing else can
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", list(_iter_statistics())
    )
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads sqlite_stat1 again


def _iter_statistics() -> Iterator[tuple[str, str, str]]:
    """Yield table, index, and how many rows there are and have the same first columns of it."""
    for table in METADATA.sorted_tables:
        clustered = not table.dialect_options["sqlite"]["with_rowid"]
        key = table.name if clustered else f"sqlite_autoindex_{table.name}_1"
        yield table.name, key, _statistics(table.primary_key.columns.keys())
        for index in table.indexes:
            if index.info == POSTGRESQL_ONLY:
                continue
            # Said to be larger, so that whoever reads a whole store goes by the key, not by this.
            is_partial = index.dialect_options["sqlite"]["where"] is not None
            rows = _FEW_ROWS if is_partial else _MANY_ROWS * 5 // 4
            yield table.name, str(index.name), _statistics(index.columns.keys(), rows)


def _statistics(columns: Sequence[str], rows: int = _MANY_ROWS) -> str:
    counts = [rows]
    for column in columns:
        counts.append(rows if column == "store" else min(counts[-1], _COARSE.get(column, 1)))
    return " ".join(str(count) for count in counts)


def tune(connection: Connection, *, full: bool, memory_mib: int) -> None:
    """Set PostgreSQL up for statements on all rows, or on few of them, in this transaction.

    `memory_mib` is what each join or sort may take: 4 MiB is PostgreSQL's default.
    """
    if connection.dialect.name != "postgresql":
        return
    connection.exec_driver_sql(f"SET LOCAL work_mem = '{memory_mib}MB'")
    # Each statement runs once: compiling it costs more than it gains.
    connection.exec_driver_sql("SET LOCAL jit = off")
    # Sizes are all that is asked of `refresh_statistics`, so a tenth of the usual sample will do.
    connection.exec_driver_sql("SET LOCAL default_statistics_target = 10")
    if not full:  # look keys up rather than read a table: the default is for disks with heads
        connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")
