"""Upgrades with data in the tables: from every earlier version, nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    Table,
    inspect,
    select,
)

from loyalty_desk.staging.engine import MIGRATIONS, check_migrated, migrate, open_engine

ROWS = 3


def revisions() -> list[str]:
    """Every version, the first one first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def value_of(column: Column[Any], number: int) -> Any:
    """Some value that a column takes; texts that hold JSON or times are read by no migration."""
    if isinstance(column.type, Boolean):
        return number % 2 == 0
    if isinstance(column.type, BigInteger | Integer):
        return number
    if isinstance(column.type, Float):
        return number + 0.5
    return f"{column.name} {number}"


def fill(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Write rows into every table that there is; returns them by table."""
    tables = MetaData()
    tables.reflect(engine)
    written: dict[str, list[dict[str, Any]]] = {}
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            rows = [
                {column.name: value_of(column, number) for column in table.columns}
                for number in range(1, ROWS + 1)
            ]
            connection.execute(table.insert(), rows)
            written[table.name] = rows
    return written


@pytest.mark.parametrize("revision", revisions()[:-1])
def test_an_upgrade_keeps_every_row_of_every_table(empty_url: str, revision: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine, revision)
    written = fill(engine)
    assert len(written) > 15

    migrate(engine)

    check_migrated(engine)
    assert set(written) <= set(inspect(engine).get_table_names())
    for name, rows in written.items():
        table = Table(name, MetaData(), autoload_with=engine)
        with engine.connect() as connection:
            found = [dict(row) for row in connection.execute(select(table)).mappings()]
        kept = [{key: row[key] for key in rows[0] if key in row} for row in found]
        gone = set(rows[0]) - set(found[0])
        assert gone == set(), f"{name} lost {gone}"
        assert sorted(kept, key=str) == sorted(rows, key=str), name
    engine.dispose()


def test_each_version_can_be_reached_from_the_one_before_alone(empty_url: str) -> None:
    engine = open_engine(empty_url)
    for revision in revisions():
        migrate(engine, revision)
    check_migrated(engine)
    engine.dispose()
