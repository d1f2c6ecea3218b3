"""Each thing that may be wrong with the staging database, on a real one."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from loyalty_desk.doctor.finding import Severity
from loyalty_desk.errors import SettingsError
from loyalty_desk.staging.engine import check_migrated, migrate, open_engine
from tests.airflow_home import DATABASE
from tests.databases import new_database, run_sql
from tests.http.doctor.conftest import Installed
from tests.tried import nobody

MIGRATE = ("loyalty-desk migrate",)


@pytest.fixture
def on_staging(installed: Installed, staging_url: str) -> Installed:
    installed.set(staging_url=staging_url)
    return installed


def test_a_database_as_it_should_be_is_fine(on_staging: Installed, staging: Engine) -> None:
    database, tables = on_staging.look_once("database"), on_staging.look_once("migrations")

    assert (database.severity, tables.severity) == (Severity.FINE, Severity.FINE)
    assert database.what == f"{staging.dialect.name}, and it can be written"


@pytest.mark.parametrize(
    ("version", "told"), [("0001", "tables are behind"), ("9999", "tables are ahead")]
)
def test_tables_of_another_version_are_behind_or_ahead(
    on_staging: Installed, staging: Engine, version: str, told: str
) -> None:
    with staging.begin() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :version"), {"version": version}
        )

    found = on_staging.look_once("migrations")

    assert found.severity is Severity.ERROR
    assert told in found.what
    assert version in found.what
    assert found.commands == (MIGRATE if version == "0001" else ())


def test_tables_of_a_newer_version_are_neither_touched_nor_used(staging: Engine) -> None:
    with staging.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for work in (migrate, check_migrated):
        with pytest.raises(SettingsError, match="a newer Loyalty Desk made"):
            work(staging)


def test_a_database_without_tables_is_told_how_to_get_them(
    installed: Installed, empty_url: str
) -> None:
    installed.set(staging_url=empty_url)

    found = installed.look_once("migrations")

    assert (found.severity, found.what) == (Severity.ERROR, "there are no tables yet")
    assert found.commands == MIGRATE
    assert found.in_compose == ("scripts/compose loyalty-desk migrate",)


def test_to_look_for_a_file_does_not_make_it(installed: Installed) -> None:
    database, tables = installed.look_once("database"), installed.look_once("migrations")

    assert {database.severity, tables.severity} == {Severity.ERROR}
    assert not (installed.folder / "staging.db").exists()


def test_a_database_that_is_away_is_named_without_its_password(installed: Installed) -> None:
    installed.set(staging_url=f"postgresql://desk:not-to-be-seen@{nobody()}/desk")

    found = installed.look_once("database")
    [tables] = installed.look("migrations")

    assert found.severity is Severity.ERROR
    assert "cannot open the staging database" in found.what
    assert "not-to-be-seen" not in str(found)
    assert tables.severity is Severity.NOT_CHECKED, "what cannot be seen is not fine"


def keep_encoding_back(patch: pytest.MonkeyPatch) -> None:
    """As a pooler does that does not pass on what the server said of itself."""
    patch.setattr(psycopg.ConnectionInfo, "parameter_status", lambda *_: None)


@pytest.mark.parametrize("is_passed_on", [True, False])
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_with_another_encoding_is_named(
    installed: Installed,
    postgresql_url: str,
    encoding: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_passed_on: bool,
) -> None:
    if not is_passed_on:
        keep_encoding_back(monkeypatch)
    run_sql(
        postgresql_url,
        "DROP DATABASE IF EXISTS doctor_encoding",
        f"CREATE DATABASE doctor_encoding ENCODING '{encoding}' TEMPLATE template0"
        " LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    url = make_url(postgresql_url).set(database="doctor_encoding")
    installed.set(staging_url=url.render_as_string(hide_password=False))

    found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert f"doctor_encoding has the encoding {encoding}" in found.what
    run_sql(postgresql_url, "DROP DATABASE doctor_encoding WITH (FORCE)")


def test_a_pooler_that_says_nothing_of_the_encoding_is_no_trouble(
    installed: Installed, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_encoding_back(monkeypatch)
    installed.set(staging_url=own_database)

    assert installed.look_once("database").severity is Severity.FINE


def test_a_file_with_another_encoding_is_named(installed: Installed) -> None:
    path = installed.folder / "staging.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA encoding = 'UTF-16'")
        connection.execute("CREATE TABLE something (here INTEGER)")
    connection.close()

    found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "has the encoding UTF-16" in found.what


def test_a_file_without_a_write_ahead_log_is_named(
    installed: Installed, one_staging: Engine
) -> None:
    installed.set(staging_url=f"sqlite:///file:{one_staging.url.database}?uri=true&vfs=unix-none")

    found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "cannot have SQLite's write-ahead log" in found.what


@pytest.fixture
def own_database(postgresql_url: str) -> Iterator[str]:
    with new_database(postgresql_url, "doctor_test") as url:
        yield url


def test_a_database_that_is_read_only_is_named(installed: Installed, own_database: str) -> None:
    run_sql(own_database, "ALTER DATABASE doctor_test SET default_transaction_read_only = on")
    installed.set(staging_url=own_database)

    found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "it can be read and not written" in found.what
    assert "read-only" in found.what


def test_a_file_that_cannot_be_written_is_named(installed: Installed, one_staging: Engine) -> None:
    installed.set(staging_url=str(one_staging.url))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    open_engine(str(one_staging.url)).dispose()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))  # as on a disk that is full
    try:
        found = installed.look_once("database")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert found.severity is Severity.ERROR
    assert "written" in found.what


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            "SELECT ON ALL TABLES IN SCHEMA public",
            "lacks DELETE, INSERT, UPDATE on ",
        ),
        ("ALL ON ALL TABLES IN SCHEMA public", ""),
    ],
)
def test_a_right_that_the_database_user_lacks_is_named(
    installed: Installed, own_database: str, given: str, told: str
) -> None:
    run_sql(
        own_database,
        "CREATE ROLE doctor_role LOGIN PASSWORD 'of a test'",
        f"GRANT {given} TO doctor_role",
    )
    url = make_url(own_database).set(username="doctor_role", password="of a test")
    installed.set(staging_url=url.render_as_string(hide_password=False))
    try:
        found = installed.look_once("database")
    finally:
        run_sql(own_database, "DROP OWNED BY doctor_role", "DROP ROLE doctor_role")

    assert found.severity is (Severity.ERROR if told else Severity.FINE)
    assert told in found.what


def test_one_right_on_one_table_and_that_of_temporary_tables_are_named(
    installed: Installed, own_database: str
) -> None:
    run_sql(
        own_database,
        "CREATE ROLE doctor_role LOGIN PASSWORD 'of a test'",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO doctor_role",
        "REVOKE INSERT ON award_events FROM doctor_role",
        "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM doctor_role",
        "REVOKE TEMP ON DATABASE doctor_test FROM PUBLIC",
    )
    url = make_url(own_database).set(username="doctor_role", password="of a test")
    installed.set(staging_url=url.render_as_string(hide_password=False))
    try:
        found = installed.look_once("database")
    finally:
        run_sql(own_database, "DROP OWNED BY doctor_role", "DROP ROLE doctor_role")

    assert "doctor_role lacks TEMP in the database" in found.what
    assert found.what.endswith("INSERT on award_events")
    assert "GRANT" in found.remedy


def test_a_new_database_in_which_no_table_may_be_made_is_named(
    installed: Installed, postgresql_url: str
) -> None:
    with new_database(postgresql_url, "doctor_test", template="template0") as url:
        run_sql(url, "CREATE ROLE doctor_role LOGIN PASSWORD 'of a test'")
        theirs = make_url(url).set(username="doctor_role", password="of a test")
        installed.set(staging_url=theirs.render_as_string(hide_password=False))
        try:
            found = installed.look_once("database")
        finally:
            run_sql(url, "DROP ROLE doctor_role")

    assert (found.severity, found.commands) == (Severity.ERROR, MIGRATE)
    assert found.what == (
        "the database user doctor_role may not make tables: it lacks CREATE on the schema public"
    )


def test_airflows_own_database_is_named(installed: Installed) -> None:
    installed.set(staging_url=f"sqlite:///{DATABASE}")

    found = installed.look_once("database")
    [tables] = installed.look("migrations")

    assert found.severity is Severity.ERROR
    assert "is Airflow's own: make one for Loyalty Desk alone" in found.what
    assert tables.severity is Severity.NOT_CHECKED


def test_an_address_that_is_no_databases_is_named_without_what_it_holds(
    installed: Installed,
) -> None:
    installed.set(staging_url="mysql://desk:not-to-be-seen@db/desk")

    found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "LOYALTY_DESK_STAGING_URL" in found.what
    assert "not-to-be-seen" not in str(found)
