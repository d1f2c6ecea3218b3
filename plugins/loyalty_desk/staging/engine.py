"""Opens the staging database: one SQLite file, or PostgreSQL; and brings it up to date.

What is bound to a statement is never part of an error: it holds names and addresses.

Every transaction of `engine.begin()` or `engine.connect()` may write. On SQLite it takes the write
lock at its start, so that two processes wait for each other (up to 30 s) and can never deadlock by
upgrading a read lock. `reading(engine)` is for those who only look, such as pages: it never waits.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum, auto
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import SettingsError, StagingUnavailableError
from loyalty_desk.staging.address import (
    BUSY_TIMEOUT_S,
    driver_options,
    file_of,
    parse_address,
    shown,
)
from loyalty_desk.staging.rights import find_missing_to_migrate, why_not_migrated

MIGRATIONS = Path(__file__).with_name("migrations")
REMEDY = "run `python -m loyalty_desk migrate`"

NO_WAL = (
    "the file of the staging database cannot have SQLite's write-ahead log where it is or as it is"
    " opened, and without it reading and writing hold each other up: put it on a disk of this"
    " machine and take options such as vfs, nolock and immutable out of the address, or use"
    " PostgreSQL"
)
_NO_SHARED_MEMORY = {
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMLOCK,
}
"""What SQLite says where a network disk lets it switch to the log, and then cannot share memory."""

_T = TypeVar("_T")
_DECIDE_TRIES = 5
_MIGRATION_LOCK = 0x10A17  # any number that nobody else uses on this PostgreSQL database
_MIGRATION_TIMEOUT_S = 3600  # how long another one may take on SQLite
_OUR_REVISION = re.compile(r"\d{4}")


class Standing(StrEnum):
    """How the tables stand to this version of the program."""

    NONE = auto()
    BEHIND = auto()
    CURRENT = auto()
    AHEAD = auto()
    """A newer version made them."""


_SQLITE_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",  # with WAL: a power cut may lose the last commits, never corrupt
    "PRAGMA cache_size = -163840",  # 160 MiB, so that the indexes of a million rows stay in memory
    "PRAGMA journal_size_limit = 67108864",  # give back what one large transaction took
    "PRAGMA analysis_limit = 1000",  # ANALYZE looks at a sample, as PostgreSQL's does
)


def open_engine(url: str) -> Engine:
    """Open the staging database and try one connection.

    `url` is `sqlite:///path/to/file.db` or `postgresql://user:password@host/database`; the folder
    of an SQLite file is made. A statement that fails because the tables are missing or old raises
    SettingsError with the remedy.

    Raises:
        SettingsError: the URL is unusable. Holds no password.
        StagingUnavailableError: the database cannot be reached. Holds no password either.
    """
    parsed = parse_address(url)
    engine = _sqlite_engine(parsed) if parsed.drivername == "sqlite" else _pg_engine(parsed)
    event.listen(engine, "handle_error", _explain_missing_tables)
    try:
        engine.connect().close()
    except DBAPIError as error:
        engine.dispose()
        reason = str(error.orig).strip().splitlines()[0]
        raise StagingUnavailableError(
            f"cannot open the staging database {shown(parsed)}: {reason}"
        ) from None
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads: sees one state of the data, waits for no writer."""
    with engine.connect() as connection:
        snapshot: dict[str, Any] = {}
        if engine.dialect.name == "postgresql":  # SQLite's transaction is one by itself
            snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        yield connection.execution_options(read_only=True, **snapshot)


def decide(engine: Engine, work: Callable[[Connection], _T]) -> _T:
    """Do work in a transaction that sees one state of the data, whatever others write meanwhile.

    PostgreSQL ends such a transaction when another one changed a row that it was to change. Others
    write a page or a person at a time, so the work is begun anew.
    """
    if engine.dialect.name != "postgresql":  # SQLite has one writer at a time
        with engine.begin() as connection:
            return work(connection)
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    for tries_left in reversed(range(_DECIDE_TRIES)):
        try:
            with snapshot.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            if not tries_left or not isinstance(error.orig, psycopg.errors.SerializationFailure):
                raise
    raise AssertionError("the last try returns or raises")


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to date. Two processes may do so at once: the second one waits."""
    from alembic import command  # noqa: PLC0415 - 0.2 s that only this command needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with _in_turn(engine) as connection:
            found = _find_revision(connection)
            if _standing_of(found) is Standing.AHEAD:
                raise _made_by_newer(engine, found)
            if _standing_of(found) is not Standing.CURRENT:
                _require_rights(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as error:
        if (why := why_not_migrated(error)) is None:
            raise
        raise SettingsError(
            f"the staging database {shown(engine.url)} cannot be migrated: {why}"
        ) from None


@contextmanager
def _in_turn(engine: Engine) -> Iterator[Connection]:
    """A transaction that waits for another migration, whatever usually ends a wait."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            with connection.begin():
                for limit in ("statement_timeout", "lock_timeout"):
                    connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
                lock = text("SELECT pg_advisory_xact_lock(:lock)")
                connection.execute(lock, {"lock": _MIGRATION_LOCK})
                yield connection
            return
        driver: Any = connection.connection.driver_connection
        [patience_ms] = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute(f"PRAGMA busy_timeout = {_MIGRATION_TIMEOUT_S * 1000}")
        try:
            with connection.begin():
                yield connection
        finally:
            driver.execute(f"PRAGMA busy_timeout = {patience_ms}")


def _require_rights(connection: Connection) -> None:
    if missing := find_missing_to_migrate(connection):
        url = connection.engine.url
        raise SettingsError(
            f"the database user {url.username} lacks {missing} of {shown(url)}: have its owner"
            " GRANT that, or migrate as its owner"
        )


def check_migrated(engine: Engine) -> None:
    """Raise SettingsError, with the remedy, unless the tables are those of this version."""
    with reading(engine) as connection:
        revision = _find_revision(connection)
    head = _head_revision()
    if revision is None:
        raise SettingsError(f"the staging database {shown(engine.url)} has no tables; {REMEDY}")
    if _standing_of(revision) is Standing.AHEAD:
        raise _made_by_newer(engine, revision)
    if revision != head:
        raise SettingsError(
            f"the staging database {shown(engine.url)} has tables of version {revision}, "
            f"this program needs {head}; {REMEDY}"
        )


def _made_by_newer(engine: Engine, revision: str | None) -> SettingsError:
    return SettingsError(
        f"the staging database {shown(engine.url)} has tables of version {revision}, which a newer"
        " Loyalty Desk made: install that version here too"
    )


def tables_stand(engine: Engine) -> tuple[Standing, str | None]:
    """How the tables stand to this version, and the version that they are of."""
    with reading(engine) as connection:
        found = _find_revision(connection)
    return _standing_of(found), found


def _sqlite_engine(url: URL) -> Engine:
    folder = file_of(url).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # the file holds personal data
    except OSError as error:
        raise SettingsError(f"cannot make the folder {folder}: {error.strerror}") from None
    engine = create_engine(url, connect_args=driver_options(url), hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    [encoding] = _first_read(connection, "PRAGMA encoding")
    _require(encoding, "UTF-8", "the file of the staging database", "begin with a new file")
    # None hands the transactions over to `_begin_sqlite`; otherwise the driver would begin a
    # read transaction on its own and turn it into a writing one too late.
    connection.isolation_level = None
    connection.execute("PRAGMA page_size = 8192")  # of a new file; a row is a few hundred bytes
    _switch_to_wal(connection)
    _first_read(connection, "SELECT 1 FROM sqlite_master")  # only now a new log is opened
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)
    connection.create_function("staging_now", 0, lambda: utc_text(utc_now()))


def _first_read(connection: sqlite3.Connection, query: str) -> Any:
    """What is asked first finds out whether the file can be read, and with its log."""
    try:
        return connection.execute(query).fetchone()
    except sqlite3.OperationalError as error:
        cannot_open = error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN and _is_in_wal(connection)
        if cannot_open or error.sqlite_errorcode in _NO_SHARED_MEMORY:
            raise SettingsError(NO_WAL) from None
        raise


def _is_in_wal(connection: sqlite3.Connection) -> bool:
    """Whether the file says that it has a write-ahead log, asked past SQLite.

    Another process reads it: a file that is closed here takes with it every lock that SQLite has on
    the file in this process, and others would then take away the log under it.
    """
    (_, _, path), *_ = connection.execute("PRAGMA database_list")
    read = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read(20))"
    command = [sys.executable, "-I", "-S", "-c", read, path]
    try:
        header = subprocess.run(  # noqa: S603 - ourselves
            command, capture_output=True, timeout=BUSY_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return header.stdout[18:] == b"\2\2"


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and one writer work side by side. Stays so in the file."""
    deadline = monotonic() + BUSY_TIMEOUT_S
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            [mode] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # The busy timeout does not cover this switch, and two new processes do it at once.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(0.02)
        else:
            if mode != "wal":  # it never will: SQLite says so by leaving it as it is
                raise SettingsError(NO_WAL)


def _begin_sqlite(connection: Connection) -> None:
    only_reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if only_reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _pg_engine(url: URL) -> Engine:
    engine = create_engine(
        url, connect_args=driver_options(url), pool_pre_ping=True, hide_parameters=True
    )
    # Before SQLAlchemy asks anything: with some encodings it cannot read what comes back.
    event.listen(engine, "connect", _require_encoding, insert=True)
    return engine


def _require_encoding(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry) -> None:
    _require(
        connection.info.parameter_status("server_encoding") or _asked_encoding(connection),
        "UTF8",
        f"the staging database {connection.info.dbname}",
        "make it anew, by createdb --encoding UTF8 --template template0",
    )


def _asked_encoding(connection: psycopg.Connection[Any]) -> str:
    """What the server says, where a pooler in between did not pass on what it said by itself."""
    [encoding] = connection.execute("SHOW server_encoding").fetchone() or [""]
    connection.rollback()
    return encoding.decode() if isinstance(encoding, bytes) else str(encoding)


def _require(encoding: str, wanted: str, what: str, remedy: str) -> None:
    """Raise SettingsError where names of people cannot be kept as they are."""
    if encoding != wanted:
        raise SettingsError(
            f"{what} has the encoding {encoding}, and names of people need {wanted}: {remedy}"
        )


def _explain_missing_tables(context: ExceptionContext) -> None:
    """Turn "no such table" into the remedy; in an up-to-date database it is a bug of ours."""
    error, engine = context.original_exception, context.engine
    missing = isinstance(
        error,
        psycopg.errors.UndefinedTable
        | psycopg.errors.UndefinedColumn
        | psycopg.errors.UndefinedFunction,
    ) or (
        isinstance(error, sqlite3.OperationalError)
        and str(error).startswith(("no such table", "no such column"))
    )
    if missing and engine is not None:
        check_migrated(engine)


def _find_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None or _OUR_REVISION.fullmatch(found):
        return found
    whose = "Airflow's own" if inspect(connection).has_table("dag_run") else "another program's"
    raise SettingsError(
        f"the database {shown(connection.engine.url)} is {whose}: make one for Loyalty Desk alone"
    )


@cache
def _head_revision() -> str:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see migrate

    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def _standing_of(revision: str | None) -> Standing:
    """Versions are numbers of four digits, so their order is that of text."""
    head = _head_revision()
    if revision is None:
        return Standing.NONE
    if revision == head:
        return Standing.CURRENT
    return Standing.BEHIND if revision < head else Standing.AHEAD
