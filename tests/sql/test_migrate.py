"""`migrate` where it cannot do its work: one line that says why; and two of it that meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from loyalty_desk.__main__ import main
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging.engine import (
    _MIGRATION_LOCK,
    check_migrated,
    migrate,
    open_engine,
)
from tests import airflow_home
from tests.databases import new_database, run_sql

LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
ROLE = "migrate_role"
Migrate = Callable[[str], str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Migrate]:
    """What the command says of an address when it fails."""

    def run(url: str) -> str:
        monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", url)
        settings.installation.cache_clear()
        assert main(["migrate"]) == 1
        [line] = capsys.readouterr().err.splitlines()
        return line

    yield run
    settings.installation.cache_clear()


@pytest.fixture
def database(postgresql_url: str) -> Iterator[str]:
    """Without any table, on PostgreSQL."""
    with new_database(postgresql_url, "migrate_test", template="template0") as url:
        yield url


@contextmanager
def role(database: str, *grants: str) -> Iterator[str]:
    """A user who has those rights alone; yields the address."""
    password = "of a test"
    run_sql(database, f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'", *grants)
    try:
        url = make_url(database).set(username=ROLE, password=password)
        yield url.render_as_string(hide_password=False)
    finally:
        run_sql(database, f"DROP OWNED BY {ROLE}", f"DROP ROLE {ROLE}")


@pytest.mark.parametrize(
    ("grants", "missing"),
    [
        ((), f"the database user {ROLE} lacks CREATE on the schema public of "),
        (
            ("REVOKE ALL ON SCHEMA public FROM PUBLIC",),
            f"the database user {ROLE} lacks USAGE, CREATE on its schema of ",
        ),
    ],
)
def test_the_right_that_is_missing_is_named(
    told: Migrate, database: str, grants: tuple[str, ...], missing: str
) -> None:
    with role(database, *grants) as url:
        line = told(url)

    assert missing in line
    assert "GRANT" in line
    assert "of a test" not in line


def test_who_may_make_tables_and_does_not_own_those_that_are_there_is_told(
    told: Migrate, database: str
) -> None:
    engine = open_engine(database)
    migrate(engine, "0020")
    engine.dispose()
    grants = ("CREATE ON SCHEMA public", "ALL ON ALL TABLES IN SCHEMA public")
    with role(database, *(f"GRANT {grant} TO {ROLE}" for grant in grants)) as url:
        line = told(url)

    assert "cannot be migrated: must be owner of table" in line


def test_a_user_who_may_make_no_tables_need_not_where_they_are_there(
    database: str,
) -> None:
    engine = open_engine(database)
    migrate(engine)
    engine.dispose()
    with role(database, f"GRANT SELECT ON alembic_version TO {ROLE}") as url:
        theirs = open_engine(url)
        migrate(theirs)
        theirs.dispose()


def test_a_database_that_is_read_only_is_named(told: Migrate, database: str) -> None:
    run_sql(database, "ALTER DATABASE migrate_test SET default_transaction_read_only = on")

    assert "cannot be migrated: cannot execute CREATE TABLE in a read-only" in told(database)


def test_a_file_that_is_read_only_is_named(told: Migrate, tmp_path: Path) -> None:
    file = tmp_path / "staging.db"
    open_engine(f"sqlite:///{file}").dispose()

    line = told(f"sqlite:///file:{file}?uri=true&mode=ro")

    assert "cannot be migrated: attempt to write a readonly database" in line


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_an_encoding_that_holds_no_names_is_named(
    told: Migrate, postgresql_url: str, encoding: str
) -> None:
    made = f"template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
    run_sql(postgresql_url, f"CREATE DATABASE migrate_encoding TEMPLATE {made}")
    url = make_url(postgresql_url).set(database="migrate_encoding")
    try:
        line = told(url.render_as_string(hide_password=False))
    finally:
        run_sql(postgresql_url, "DROP DATABASE migrate_encoding WITH (FORCE)")

    assert f"migrate_encoding has the encoding {encoding}" in line
    assert "names of people need UTF8" in line


def test_airflows_own_database_is_named(told: Migrate, tmp_path: Path) -> None:
    airflow_home.migrated()
    file = tmp_path / "airflow.db"
    # By SQLite: to close a file past it takes its locks from everybody in this process.
    with (
        closing(sqlite3.connect(airflow_home.DATABASE)) as ours,
        closing(sqlite3.connect(file)) as to,
    ):
        ours.backup(to)

    assert "is Airflow's own: make one for Loyalty Desk alone" in told(f"sqlite:///{file}")

    with closing(sqlite3.connect(file)) as connection:
        made = connection.execute("SELECT name FROM sqlite_schema WHERE name = 'members'")
        assert made.fetchall() == []


@pytest.mark.parametrize("table", ["dag_run", "posts"])
def test_a_database_that_has_its_versions_from_somebody_else_is_named(
    told: Migrate, empty_url: str, table: str
) -> None:
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0b112f49112d')"))
        connection.execute(text(f"CREATE TABLE {table} (id INTEGER)"))
    engine.dispose()

    whose = "Airflow's own" if table == "dag_run" else "another program's"
    assert f"is {whose}: make one for Loyalty Desk alone" in told(empty_url)


def test_a_second_one_waits_longer_than_anything_else_may(empty_url: str) -> None:
    """As long as the first one takes, whatever limits the database or the address sets."""
    limits = "timeout=0.1" if empty_url.startswith("sqlite") else "options=-cstatement_timeout=100"
    first, second = (
        open_engine(url) for url in (empty_url, f"{empty_url}{_joined(empty_url)}{limits}")
    )
    waited, failures = Event(), list[Exception]()

    def migrate_second() -> None:
        try:
            migrate(second)
        except (DBAPIError, LoyaltyDeskError) as error:
            failures.append(error)
        waited.set()

    thread = Thread(target=migrate_second)
    with first.begin() as connection:
        if first.dialect.name == "postgresql":  # SQLite's transaction has the file already
            connection.execute(LOCK, {"lock": _MIGRATION_LOCK})
        thread.start()
        has_not_waited = waited.wait(1.5)
    thread.join()

    assert (has_not_waited, failures) == (False, [])
    check_migrated(first)
    for engine in (first, second):
        engine.dispose()


def _joined(url: str) -> str:
    return "&" if "?" in url else "?"
