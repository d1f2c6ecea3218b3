"""Which rights the user of the staging database lacks. SQLite has none to lack."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from loyalty_desk.staging.schema import METADATA

# Only PostgreSQL has these functions. A table that is not there is no matter of rights, and who
# migrates may be another user.
_TABLES: Final = text(
    "SELECT right_name, table_name FROM unnest(CAST(:tables AS text[])) AS table_name"
    " CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_name"
    " WHERE to_regclass(table_name) IS NOT NULL"
    " AND (right_name = 'SELECT' OR table_name <> 'alembic_version')"
    " AND NOT has_table_privilege(CAST(to_regclass(table_name) AS oid), right_name)"
    " ORDER BY table_name, right_name"
)
_OTHERS: Final = text(
    "SELECT has_database_privilege(current_database(), 'TEMP') AS temporary,"
    " current_schema() IS NOT NULL AS sees_schema"
)
_MAKES: Final = text(
    "SELECT current_schema() AS name, has_schema_privilege(current_schema(), 'CREATE') AS makes"
)
_CANNOT_MIGRATE: Final = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
)
_CANNOT_WRITE: Final = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}


def find_missing_rights(connection: Connection) -> str:
    """What is missing for the daily work, in words; empty when nothing is."""
    if connection.dialect.name != "postgresql":
        return ""
    tables = [*METADATA.tables, "alembic_version"]
    missing = connection.execute(_TABLES, {"tables": tables}).all()
    others = connection.execute(_OTHERS).one()
    return ", ".join(
        part
        for part in (
            "USAGE of the schema" if not others.sees_schema else "",
            "TEMP in the database, for tables of the moment" if not others.temporary else "",
            _on_tables(missing),
        )
        if part
    )


def find_missing_to_migrate(connection: Connection) -> str:
    """What is missing to make tables, in words; another user may do so in this one's place."""
    if connection.dialect.name != "postgresql":
        return ""
    schema = connection.execute(_MAKES).one()
    if schema.makes:
        return ""
    return f"CREATE on the schema {schema.name}" if schema.name else "USAGE, CREATE on its schema"


def why_not_migrated(error: DBAPIError) -> str | None:
    """What a person must mend before tables can be changed; None for any other failure."""
    told = str(error.orig).strip().splitlines()[0]
    if isinstance(error.orig, _CANNOT_MIGRATE):
        return told
    is_known = isinstance(error.orig, sqlite3.OperationalError) and (
        error.orig.sqlite_errorcode & 0xFF in _CANNOT_WRITE  # the rest of it says more
    )
    return told if is_known else None


def _on_tables(missing: Any) -> str:
    if not missing:
        return ""
    rights = sorted({row.right_name for row in missing})
    tables = sorted({row.table_name for row in missing})
    more = f" and {len(tables) - 1} more tables" if len(tables) > 1 else ""
    return f"{', '.join(rights)} on {tables[0]}{more}"
