"""Whether what was erased, revoked and decided would outlive the database; on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now
from loyalty_desk.doctor.finding import Severity
from loyalty_desk.hooks.journal import journal_folder, keep_journal, try_to_keep_journal
from loyalty_desk.staging.journal import Event, find_journal, write_entry
from loyalty_desk.staging.journal_folder import Mark, read_mark, write_mark
from tests.http.doctor.conftest import STORE, Installed
from tests.sql.backups import back_up


@pytest.fixture
def on_staging(installed: Installed, staging: Engine, staging_url: str) -> Installed:
    installed.set(staging_url=staging_url)
    return installed


def revoke(engine: Engine, minutes_ago: int = 10) -> None:
    with engine.begin() as connection:
        at = utc_now() - timedelta(minutes=minutes_ago)
        write_entry(connection, STORE, Event.REVOKED, {"token_id": "t1"}, at)


def test_a_journal_that_holds_everything_is_fine(on_staging: Installed, staging: Engine) -> None:
    assert on_staging.look_once("journal").severity is Severity.FINE, "none is begun"
    revoke(staging)
    keep_journal(staging)

    found = on_staging.look_once("journal")

    assert (found.severity, found.what[:18]) == (Severity.FINE, "1 entries, whole a")


def test_what_is_in_no_file_is_counted(on_staging: Installed, staging: Engine) -> None:
    keep_journal(staging)
    folder = on_staging.folder / "var" / "journal"
    folder.rename(on_staging.folder / "away")
    folder.write_text("no folder")
    revoke(staging)
    revoke(staging)
    try_to_keep_journal(staging)

    found = on_staging.look_once("journal")

    assert found.severity is Severity.WARNING
    assert found.what.startswith("2 erasures, revoked tokens and decisions are in no file")


def test_a_database_that_was_restored_and_not_told_so_is_an_error(
    on_staging: Installed, staging: Engine
) -> None:
    keep_journal(staging)
    backup = back_up(staging)
    revoke(staging)
    keep_journal(staging)
    backup.restore()

    found = on_staging.look_once("journal")

    assert (found.severity, found.commands) == (Severity.ERROR, ("loyalty-desk restored",))


def test_a_silent_journal_is_a_warning(on_staging: Installed, staging: Engine) -> None:
    keep_journal(staging)
    with staging.connect() as connection:
        journal = find_journal(connection)
    assert journal is not None
    place = Path(journal_folder()) / journal.id
    mark = read_mark(place)
    assert mark is not None
    write_mark(place, Mark(begun=mark.begun, at=mark.at - timedelta(days=3), last=mark.last))

    found = on_staging.look_once("journal")

    assert found.severity is Severity.WARNING
    assert "silent since" in found.what


def test_tables_of_another_version_are_not_looked_into(
    on_staging: Installed, staging: Engine
) -> None:
    with staging.begin() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        connection.execute(text("UPDATE alembic_version SET version_num = '0026'"))
    try:
        assert on_staging.look_once("journal").severity is Severity.NOT_CHECKED
    finally:
        with staging.begin() as connection:
            restored = text("UPDATE alembic_version SET version_num = :version")
            connection.execute(restored, {"version": version})
