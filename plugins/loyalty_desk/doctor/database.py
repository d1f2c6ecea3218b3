"""The staging database: there, writable, with every right, and with the tables of this version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from loyalty_desk.doctor.finding import Finding, fine, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import LoyaltyDeskError, SettingsError, StagingUnavailableError
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.address import find_file
from loyalty_desk.staging.engine import Standing, reading, tables_stand
from loyalty_desk.staging.rights import find_missing_rights, find_missing_to_migrate
from loyalty_desk.staging.writable import check_writable

DATABASE: Final = "database"
MIGRATIONS: Final = "migrations"
MIGRATE: Final = "loyalty-desk migrate"
_URL: Final = "LOYALTY_DESK_STAGING_URL"


def check_database(scope: Scope) -> Iterator[Finding]:
    """Can it be opened, and may we do there what we do?"""
    try:
        if (absent := _absent_file()) is not None:
            yield trouble(DATABASE, f"there is no file {absent} yet", "Make it", MIGRATE)
            return
        engine = scope.engine
    except StagingUnavailableError as error:
        yield trouble(
            DATABASE,
            str(error),
            f"See that the database runs and can be reached from here, and what {_URL} says",
            in_compose=("docker compose ps postgres", "docker compose logs postgres"),
        )
        return
    except SettingsError as error:
        yield trouble(DATABASE, str(error), f"Correct it, or {_URL}")
        return
    yield _use(scope) or fine(DATABASE, f"{_kind(engine)}, and it can be written")


def _kind(engine: Engine) -> str:
    """What it is, as far as it matters to who helps: a pooler says another process than answers."""
    if engine.dialect.name != "postgresql":
        return engine.dialect.name
    with reading(engine) as connection:
        answers = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        said = cast("psycopg.Connection[Any]", connection.connection.driver_connection).info
    return "postgresql" if said.backend_pid == answers else "postgresql behind a pooler"


def _use(scope: Scope) -> Finding | None:
    """What keeps us from working with the database."""
    user = scope.engine.url.username
    try:
        standing, _ = tables_stand(scope.engine)
    except SettingsError as error:
        return trouble(DATABASE, str(error), f"Make another database, and correct {_URL}")
    with reading(scope.engine) as connection:
        missing = find_missing_rights(connection)
        missing_to_migrate = find_missing_to_migrate(connection)
    if missing:
        return trouble(
            DATABASE,
            f"the database user {user} lacks {missing}",
            "Have the owner of the database give it: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL"
            f" TABLES IN SCHEMA public TO {user}, or let {user} own the database",
        )
    if standing in {Standing.NONE, Standing.BEHIND} and missing_to_migrate:
        return trouble(
            DATABASE,
            f"the database user {user} may not make tables: it lacks {missing_to_migrate}",
            "Have the owner of the database give it, or run this as the owner",
            MIGRATE,
        )
    if standing is Standing.NONE:
        return None  # what is there to write to is a matter of the migrations
    try:
        check_writable(scope.engine)
    except (LoyaltyDeskError, DBAPIError) as error:
        why = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]
        return trouble(
            DATABASE,
            f"it can be read and not written: {why}",
            "See whether it is a standby, is set to read-only, or its disk is full",
        )
    return None


def check_migrations(scope: Scope) -> Iterator[Finding]:
    """Are the tables those of this version?"""
    if _absent_file() is not None:
        yield trouble(MIGRATIONS, "there are no tables yet", "Make them", MIGRATE)
        return
    standing, found = tables_stand(scope.engine)
    match standing:
        case Standing.NONE:
            yield trouble(MIGRATIONS, "there are no tables yet", "Make them", MIGRATE)
        case Standing.BEHIND:
            yield trouble(
                MIGRATIONS,
                f"the tables are behind: they are of version {found}",
                "Bring them up to date, while no sync runs",
                MIGRATE,
            )
        case Standing.AHEAD:
            yield trouble(
                MIGRATIONS,
                f"the tables are ahead: they are of version {found}, which a newer Loyalty Desk"
                " made",
                "Install that version here too, or go back to a backup of before: docs/backup.md",
            )
        case Standing.CURRENT:
            yield fine(MIGRATIONS, f"the tables are of version {found}, as this program's")


def _absent_file() -> Path | None:
    """The SQLite file, where there is none: to open it would make it."""
    file = find_file(installation().resolved_staging_url())
    return None if file is None or file.exists() else file
