"""Which rights the user of the staging database lacks. SQLite has none to lack."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, text

from loyalty_desk.staging.engine import reading
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
_MAKES: Final = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")


def find_missing_rights(engine: Engine) -> str:
    """What is missing for the daily work, in words; empty when nothing is."""
    if engine.dialect.name != "postgresql":
        return ""
    with reading(engine) as connection:
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


def may_make_tables(engine: Engine) -> bool:
    """Whether this user could migrate; another one may do so in its place."""
    if engine.dialect.name != "postgresql":
        return True
    with reading(engine) as connection:
        return bool(connection.execute(_MAKES).scalar_one())


def _on_tables(missing: Any) -> str:
    if not missing:
        return ""
    rights = sorted({row.right_name for row in missing})
    tables = sorted({row.table_name for row in missing})
    more = f" and {len(tables) - 1} more tables" if len(tables) > 1 else ""
    return f"{', '.join(rights)} on {tables[0]}{more}"
