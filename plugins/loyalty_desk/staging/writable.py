"""Whether the staging database can be written, asked by writing; waits for nobody who writes."""

from __future__ import annotations

import sqlite3
from typing import Final, cast

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from loyalty_desk.errors import StagingUnavailableError

_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def check_writable(engine: Engine) -> None:
    """Ask whether something can be written.

    Somebody else's lock does not say no: the database is being written right now.

    Raises:
        StagingUnavailableError, DBAPIError: it cannot.
    """
    if engine.dialect.name == "postgresql":
        _check_postgresql(engine)
    else:
        _check_sqlite(engine)


def is_busy(error: Exception) -> bool:
    """Whether SQLite's file was held by another writer for longer than a statement waits."""
    return isinstance(error, DBAPIError) and _is_lock(error.orig)


def _is_lock(error: BaseException | None) -> bool:
    code = error.sqlite_errorcode if isinstance(error, sqlite3.OperationalError) else 0
    return code & 0xFF in _BUSY  # the rest of it says why


def _check_postgresql(engine: Engine) -> None:
    """Name a write of no row, which is refused to who may only read, and on a standby.

    A session that read before has told PostgreSQL that it writes, whatever its default is by now;
    so that is asked by itself.
    """
    try:
        with engine.begin() as connection:
            default = connection.execute(text("SHOW default_transaction_read_only")).scalar_one()
            connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            connection.execute(text("UPDATE awards SET state = state WHERE 1 = 0"))
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
    else:
        if default == "on":
            raise StagingUnavailableError("the staging database is read-only")


def _check_sqlite(engine: Engine) -> None:
    """Write the file's header as it is: a full disk says no, and so does a file that is read-only.

    What is written is a number that SQLite keeps for its users, and that we leave alone.
    """
    pooled = engine.raw_connection()  # without the lock that begins each transaction of ours
    try:
        connection = cast("sqlite3.Connection", pooled.driver_connection)
        [patience_ms] = connection.execute("PRAGMA busy_timeout").fetchone()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA query_only = OFF")
        try:
            [number] = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version = {int(number)}")
        except sqlite3.OperationalError as error:
            if not _is_lock(error):
                why = f"the staging database cannot be written: {error}"
                raise StagingUnavailableError(why) from None
        finally:  # who takes the connection next waits as ever
            connection.execute(f"PRAGMA busy_timeout = {int(patience_ms)}")
    finally:
        pooled.close()
