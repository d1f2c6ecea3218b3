"""What tests of every folder use: both staging databases, with nothing installed by hand, and
Airflow connections.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.staging.engine import migrate, open_engine
from tests import airflow_home  # noqa: F401 - it says where Airflow is, before anything imports it
from tests.databases import SharedDatabase, new_database, running_server

HERE = Path(__file__).parent
BOTH = ["sqlite", "postgresql"]
LONG = ("live", "flow")
"""Folders whose tests take long come first, so that no worker is left with one at the end."""
SetConnection = Callable[..., None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, each folder's in their own order."""

    def place(item: pytest.Item) -> int:
        found = (at for at, folder in enumerate(LONG) if HERE / folder in item.path.parents)
        return next(found, len(LONG))

    items.sort(key=place)


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
    """A PostgreSQL server for this test session."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def shared_database(postgresql_url: str) -> SharedDatabase:
    """One database for all tests that ask for a migrated and empty one."""
    return SharedDatabase(postgresql_url)


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
        server_url = request.getfixturevalue("postgresql_url")
        with new_database(server_url, "empty_test", template="template0") as url:
            yield url


@pytest.fixture(params=BOTH)
def staging_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated, empty staging database, for tests that start processes."""
    if request.param == "sqlite":
        path = tmp_path / "staging.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    database: SharedDatabase = request.getfixturevalue("shared_database")
    database.renew()
    return database.url


@pytest.fixture
def staging(staging_url: str) -> Iterator[Engine]:
    """A migrated, empty staging database; each test runs on SQLite and on PostgreSQL."""
    engine = open_engine(staging_url)
    yield engine
    engine.dispose()


@pytest.fixture
def set_connection(monkeypatch: pytest.MonkeyPatch) -> SetConnection:
    """Define an Airflow connection by its environment variable."""

    def set_one(conn_id: str, **fields: object) -> None:
        from airflow.sdk.execution_time.cache import SecretCache

        SecretCache.reset()
        value = json.dumps({"conn_type": "http", **fields})
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)

    return set_one
