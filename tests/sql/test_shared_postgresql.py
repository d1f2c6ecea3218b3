"""The database that tests share: each finds it as new, whatever the one before did to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from loyalty_desk.staging.engine import check_migrated, open_engine
from tests.databases import SharedDatabase

LOCK = "INSERT INTO locks (store, run_id, expires_at_utc) VALUES ('acme', 'r', '2026-01-01')"


@pytest.fixture
def database(postgresql_url: str) -> SharedDatabase:
    """One of these tests' own: they spoil it."""
    return SharedDatabase(postgresql_url, "shared_test")


@pytest.fixture
def engine(database: SharedDatabase) -> Iterator[Engine]:
    engine = open_engine(database.url)
    yield engine
    engine.dispose()


def test_rows_are_gone(database: SharedDatabase, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(LOCK))

    database.renew()

    assert all(count == 0 for count in counts(database).values())


def test_the_sessions_of_a_test_before_end_with_their_locks_and_temporary_tables(
    database: SharedDatabase, engine: Engine
) -> None:
    connection = engine.connect()
    connection.execute(text(LOCK))
    connection.execute(text("SELECT pg_advisory_lock(7)"))
    connection.execute(text("CREATE TEMPORARY TABLE shortlist (customer_id BIGINT)"))

    database.renew()

    with pytest.raises(OperationalError):
        connection.execute(text("SELECT 1"))
    assert all(count == 0 for count in counts(database).values())


def test_the_session_that_stays_forgets_what_a_test_told_it(database: SharedDatabase) -> None:
    def count(query: str) -> int:
        with database.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {query}")).scalar_one())

    changed = "pg_settings WHERE source = 'session'"
    with database.engine.begin() as connection:
        connection.execute(text("SET work_mem = '1MB'"))
        connection.execute(text("SELECT pg_advisory_lock(7)"))
        connection.execute(text("CREATE TEMPORARY TABLE shortlist (customer_id BIGINT)"))
    before = count(changed)

    database.renew()

    assert count(changed) == before - 1
    assert count("pg_locks WHERE locktype = 'advisory'") == 0
    assert count("pg_class WHERE relname = 'shortlist'") == 0


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE locks RENAME TO gone",
        "ALTER TABLE locks ADD COLUMN more TEXT",
        "DROP TABLE locks",
        "DROP TABLE alembic_version",
        "CREATE TABLE more (store TEXT)",
        "CREATE INDEX locks_by_run ON locks (run_id)",
        "UPDATE alembic_version SET version_num = '0000'",
    ],
)
def test_a_database_whose_tables_were_changed_is_made_anew(
    database: SharedDatabase, engine: Engine, change: str
) -> None:
    before = tables(database)
    with engine.begin() as connection:
        connection.execute(text(LOCK))
        connection.execute(text(change))

    database.renew()

    assert tables(database) == before
    assert all(count == 0 for count in counts(database).values())


def tables(database: SharedDatabase) -> dict[str, tuple[list[str], list[str]]]:
    """The columns and indexes of each table."""
    fresh = open_engine(database.url)
    check_migrated(fresh)
    found = inspect(fresh)
    described = {
        name: (
            [column["name"] for column in found.get_columns(name)],
            [str(index["name"]) for index in found.get_indexes(name)],
        )
        for name in found.get_table_names()
    }
    fresh.dispose()
    return described


def counts(database: SharedDatabase) -> dict[str, int]:
    """How many rows each staging table has."""
    fresh = open_engine(database.url)
    with fresh.connect() as connection:
        found = {
            name: connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one()
            for name in inspect(fresh).get_table_names()
            if name != "alembic_version"
        }
    fresh.dispose()
    return found
