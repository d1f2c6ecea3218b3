"""Whether what was erased, revoked and decided would outlive the database; on both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from loyalty_desk import in_time
from loyalty_desk.clock import utc_now
from loyalty_desk.doctor.finding import Severity
from loyalty_desk.hooks.journal import journal_folder, keep_journal, try_to_keep_journal
from loyalty_desk.staging.journal import Event, find_journal, write_entry
from loyalty_desk.staging.journal_folder import (
    MARK,
    JournalAheadError,
    Mark,
    read_mark,
    write_mark,
)
from tests.conftest import SetConnection
from tests.http.doctor.conftest import STORE, Installed
from tests.silent import silent_server
from tests.sql.backups import back_up


@pytest.fixture
def on_staging(installed: Installed, staging: Engine, staging_url: str) -> Installed:
    installed.set(staging_url=staging_url)
    return installed


@pytest.fixture
def silent_s3(set_connection: SetConnection) -> Iterator[None]:
    """A connection to a server that takes requests and never answers one."""
    with silent_server() as port:
        endpoint = f"http://127.0.0.1:{port}"
        extra = {"endpoint_url": endpoint, "region_name": "us-east-1"}
        set_connection("hanging", conn_type="aws", login="desk", password="key", extra=extra)
        yield


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

    away, found = on_staging.look("journal")

    assert away.severity is Severity.NOT_CHECKED
    assert str(folder) in away.what
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


def test_a_copy_that_went_another_way_is_told_that_syncs_stop(
    on_staging: Installed, staging: Engine
) -> None:
    keep_journal(staging)
    backup = back_up(staging)
    revoke(staging)
    keep_journal(staging)
    backup.restore()
    revoke(staging)
    with pytest.raises(JournalAheadError):
        keep_journal(staging)

    found = on_staging.look_once("journal")

    assert (found.severity, found.commands) == (Severity.ERROR, ("loyalty-desk restored",))
    assert "was written by another database" in found.what


def test_a_broken_mark_is_named_with_what_mends_it(on_staging: Installed, staging: Engine) -> None:
    keep_journal(staging)
    with staging.connect() as connection:
        journal = find_journal(connection)
    assert journal is not None
    mark = Path(journal_folder()) / journal.id / MARK
    mark.write_text("{")

    found = on_staging.look_once("journal")

    assert (found.severity, found.what) == (
        Severity.WARNING,
        f"{mark}, the mark of the journal, is broken",
    )
    assert found.remedy.startswith("The next sync or `housekeeping__<store>` writes it anew")
    keep_journal(staging)
    assert on_staging.look_once("journal").severity is Severity.FINE


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)  # a process keeps the log-in
def test_an_object_store_that_hangs_holds_nobody_up(
    on_staging: Installed,
    staging: Engine,
    silent_s3: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    keep_journal(staging)
    on_staging.set(var_dir="s3://hanging@bucket/desk")
    monkeypatch.setattr(in_time, "PATIENCE_S", 1.0)
    revoke(staging)
    began_s = time.monotonic()

    keep_journal(staging)
    try_to_keep_journal(staging)
    *_, found = on_staging.look("journal")
    disk, *_ = on_staging.look("disk")

    assert disk.what == "s3://hanging@bucket/desk does not answer within 1 s"
    assert time.monotonic() - began_s < 20
    assert "s3://hanging@bucket/desk/journal" in caplog.text
    assert "does not answer within 1 s" in caplog.text
    assert found.what.startswith("1 erasures, revoked tokens and decisions are in no file")


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
