"""What tests of every folder use: both staging databases, with nothing installed by hand, and
Airflow connections.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.hooks import elsewhere
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.engine import migrate, open_engine
from tests import airflow_home  # noqa: F401 - it says where Airflow is, before anything imports it
from tests.databases import SharedDatabase, new_database, running_server
from tests.object_store import Bucket, running_s3

HERE = Path(__file__).parent
BOTH = ["sqlite", "postgresql"]
LONG = ("live", "flow")
"""Folders whose tests take long."""
SetConnection = Callable[..., None]


def pytest_sessionstart() -> None:
    gc.disable()  # what collecting makes stays to the end, so it need not be looked at on the way


def pytest_collection_finish() -> None:
    """Have Python look for garbage seldom, and not among what stays to the end."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.hookimpl(trylast=True)  # after those are out that are not to run
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have each worker begin with its part of the long ones, a file's in one piece.

    pytest-xdist deals the list out in as many equal stretches as there are workers, and moves tests
    from the end of a stretch only.
    """
    short, files = [], defaultdict[object, list[pytest.Item]](list)
    for item in items:
        folder = next((name for name in LONG if HERE / name in item.path.parents), None)
        # The tests of `live` share the services that they start.
        (files[folder if folder == "live" else item.path] if folder else short).append(item)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    stretches: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for file in sorted(files.values(), key=len, reverse=True):
        min(stretches, key=len).extend(file)
    rest = iter(short)
    for stretch in stretches:
        stretch.extend(islice(rest, max(0, len(items) // workers - len(stretch))))
    items[:] = [*chain.from_iterable(stretches), *rest]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, also those that passed in a process of their own."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    tallies = [
        value for report in reports for name, value in report.user_properties if name == "tally"
    ]
    for tally in sorted(set(tallies)):
        terminalreporter.write_line(str(tally))


@pytest.fixture(autouse=True)
def own_installation() -> Iterator[None]:
    """A process keeps what it read of its variables, and the next test has other ones."""
    yield
    installation.cache_clear()
    elsewhere.accounts_of.cache_clear()


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
def staging(staging_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A migrated, empty staging database; each test runs on SQLite and on PostgreSQL."""
    if staging_url.startswith("postgresql"):
        yield request.getfixturevalue("shared_database").engine
        return
    engine = open_engine(staging_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3 server for this test session."""
    with running_s3() as url:
        yield url


@pytest.fixture
def bucket(s3_server: str) -> Bucket:
    """A bucket of its own for a test. Processes of ours keep the log-in, so that is always one."""
    made = Bucket(s3_server, f"bucket-{uuid.uuid4().hex}")
    made.make()
    return made


@pytest.fixture
def set_connection(monkeypatch: pytest.MonkeyPatch) -> SetConnection:
    """Define an Airflow connection by its environment variable."""

    def set_one(conn_id: str, **fields: object) -> None:
        from airflow.sdk.execution_time.cache import SecretCache

        SecretCache.reset()
        value = json.dumps({"conn_type": "http", **fields})
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)

    return set_one
