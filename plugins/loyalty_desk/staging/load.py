"""Writes many rows at once, by the fastest way that each database has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Dialect, Insert, MetaData, Table, select
from sqlalchemy.dialects import postgresql, sqlite

_SQLITE: Dialect = sqlite.dialect()
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_quote = _POSTGRESQL.identifier_preparer.quote


def bulk_insert(connection: Connection, table: Table, rows: Iterable[NamedTuple]) -> int:
    """Insert rows of one of `row_types.py`; returns how many.

    Streams: `rows` may be an iterator and is never held as a whole. A key that exists already
    raises IntegrityError. COPY on PostgreSQL, one prepared INSERT on SQLite.
    """
    to_come = iter(rows)
    first = next(to_come, None)
    if first is None:
        return 0
    _check(table, type(first))
    rows = chain((first,), to_come)
    _begin(connection)
    if connection.dialect.name == "postgresql":
        return _copy(connection, _copy_sql(table), rows)
    return _execute_many(connection, _insert_sql(table), rows)


def bulk_upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[NamedTuple],
    *,
    newest_by: str | None = None,
) -> int:
    """Insert rows, or replace those with the same key; returns how many rows were given.

    A table that has nothing but its key keeps what it has. No key may stand in `rows` twice. With
    `newest_by` (a column) a row that is newer than the one given stays, whoever wrote it meanwhile.
    """
    if not rows:
        return 0
    _check(table, type(rows[0]))
    _begin(connection)
    if connection.dialect.name == "sqlite":
        return _execute_many(connection, _upsert_sql(table, newest_by), rows)
    create, copy, merge, empty = _merge_sql(table, newest_by)
    connection.exec_driver_sql(create)
    _copy(connection, copy, rows)
    connection.exec_driver_sql(merge)
    connection.exec_driver_sql(empty)
    return len(rows)


def chunks(values: Sequence[Any], size: int = 1000) -> Iterator[Sequence[Any]]:
    """Cut `values` into pieces that fit into one statement's IN list on both databases."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@cache
def _check(table: Table, row_type: type[NamedTuple]) -> None:
    """Values go by their place, so the fields have to be the table's columns, in its order."""
    if row_type._fields != tuple(table.columns.keys()):
        raise TypeError(f"{row_type.__name__} has not the columns of {table.name} in their order")


def _begin(connection: Connection) -> None:
    # What runs on the driver's own cursor does not make SQLAlchemy begin the transaction.
    if not connection.in_transaction():
        connection.begin()


def _copy(connection: Connection, copy_sql: str, rows: Iterable[NamedTuple]) -> int:
    count = 0
    driver: Any = connection.connection
    with driver.cursor() as cursor, cursor.copy(copy_sql) as copy:
        write_row = copy.write_row
        for row in rows:
            write_row(row)
            count += 1
    return count


def _execute_many(connection: Connection, sql: str, rows: Iterable[NamedTuple]) -> int:
    cursor: Any = connection.connection.cursor()
    try:
        cursor.executemany(sql, map(tuple, rows))  # the driver is slow with any other kind of row
        return int(cursor.rowcount)
    finally:
        cursor.close()


@cache
def _insert_sql(table: Table) -> str:
    return str(table.insert().compile(dialect=_SQLITE))


@cache
def _copy_sql(table: Table) -> str:
    columns = ", ".join(_quote(column.name) for column in table.columns)
    return f"COPY {_quote(table.name)} ({columns}) FROM STDIN"


@cache
def _upsert_sql(table: Table, newest_by: str | None) -> str:
    return str(_or_replace(sqlite.insert(table), table, newest_by).compile(dialect=_SQLITE))


@cache
def _merge_sql(table: Table, newest_by: str | None) -> tuple[str, str, str, str]:
    """PostgreSQL: make a temporary table, fill it, merge it into `table`, empty it.

    It ends with the transaction: behind a pooler its session is somebody else's then.
    """
    name = f"{table.name}_incoming"
    incoming = Table(name, MetaData(), *(Column(c.name, c.type) for c in table.columns))
    merge = _or_replace(
        postgresql.insert(table).from_select([c.name for c in table.columns], select(incoming)),
        table,
        newest_by,
    )
    dialect = _POSTGRESQL
    return (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} (LIKE {table.name}) ON COMMIT DROP",
        _copy_sql(incoming),
        str(merge.compile(dialect=dialect)),
        str(incoming.delete().compile(dialect=dialect)),
    )


def _or_replace(
    insert: postgresql.Insert | sqlite.Insert, table: Table, newest_by: str | None
) -> Insert:
    key = [column.name for column in table.primary_key]
    values = {
        column.name: insert.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    if values:
        is_newest = None
        if newest_by is not None:
            is_newest = table.c[newest_by] <= insert.excluded[newest_by]
        return insert.on_conflict_do_update(index_elements=key, set_=values, where=is_newest)
    return insert.on_conflict_do_nothing(index_elements=key)
