"""Reports that stay when somebody is erased, and folders that hang; on both databases."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, text

from loyalty_desk import in_time
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import StorageError
from loyalty_desk.hooks.journal import keep_journal, try_to_keep_journal
from loyalty_desk.privacy.person import Who
from loyalty_desk.records import RunState
from loyalty_desk.staging.journal import Event, find_journal, write_entry
from loyalty_desk.staging.journal_gaps import JournalGapError
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks import erase as erasing
from loyalty_desk.tasks.catching_up import catch_up
from loyalty_desk.tasks.retention import keep_house
from loyalty_desk.web.desk.overview import has_file
from tests.disks import hanging, mounted
from tests.factories import NOW, STORE
from tests.http.api_client import forget_settings
from tests.sql.staged import Staged

YEARS = timedelta(days=1000)
RUNS = ("a", "b", "c", "of others")


@pytest.fixture
def var_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def installed(
    staging: Engine,
    staging_url: str,
    var_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Engine]:
    """A store with a member who is no customer, so that no card is to be cleared."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: {"platform": "rivo"}}}))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(var_dir))
    forget_settings()
    with staging.begin() as connection:
        Staged(connection).member("m1", "ada@shop.example")
    yield staging
    forget_settings()


@pytest.fixture
def reports(installed: Engine, var_dir: Path) -> Path:
    """The folder of the store's reports: three of them name the member."""
    folder = var_dir / "reports" / STORE
    with installed.begin() as connection:
        for run_id in RUNS:
            start_run(connection, STORE, run_id, {}, NOW)
            write(folder / run_id, "m2" if run_id == RUNS[-1] else "m1")
            binds = {"store": STORE, "run_id": run_id, "report_path": f"{folder / run_id / PAGE}"}
            connection.execute(statement("report/runs/set_report_path"), binds)
    return folder


PAGE = "report.html"


def write(folder: Path, member_id: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(f"<p>{member_id}</p>")


def linked(engine: Engine) -> list[str]:
    """The runs whose report the desk has a link to."""
    rows = "SELECT run_id FROM runs WHERE report_path IS NOT NULL ORDER BY run_id"
    with engine.connect() as connection:
        return list(connection.execute(text(rows)).scalars())


def test_what_is_removed_is_not_led_to_when_another_cannot_be(
    installed: Engine, reports: Path
) -> None:
    with mounted(reports / "b", "size=1m"):
        write(reports / "b", "m1")
        subprocess.run(["mount", "-o", "remount,ro", str(reports / "b")], check=True)

        with pytest.raises(StorageError) as raised:
            erasing.erase(STORE, Who(member_id="m1"))

        assert str(reports / "b") in str(raised.value)
        assert "erase again once it can be used" in str(raised.value)
        assert not (reports / "c").exists(), "those after it go as well"
        assert linked(installed) == ["b", "of others"]
        with installed.connect() as connection:
            assert len(connection.execute(text("SELECT * FROM members")).all()) == 1

    write(reports / "b", "m1")
    assert erasing.erase(STORE, Who(member_id="m1")).files == 1
    assert linked(installed) == ["of others"]


def test_a_report_that_masks_the_id_goes_too(installed: Engine, reports: Path) -> None:
    with installed.begin() as connection:
        Staged(connection).member("grace@ids.example", "grace@shop.example")
    write(reports / "a", "g…@ids.example")
    write(reports / "b", "a…@ids.example")

    erasing.erase(STORE, Who(member_id="grace@ids.example"))

    assert linked(installed) == ["b", "c", "of others"]


def test_what_went_before_a_worker_was_killed_is_not_led_to_after_the_next_try(
    installed: Engine, reports: Path
) -> None:
    (reports / "a" / PAGE).unlink()

    erasing.erase(STORE, Who(member_id="m1"))

    assert linked(installed) == ["of others"]


def test_a_disk_without_any_report_tells_of_none_that_it_went(
    installed: Engine, reports: Path
) -> None:
    """It may not be mounted just now."""
    reports.rename(reports.with_name("elsewhere"))

    erasing.erase(STORE, Who(member_id="m1"))

    assert linked(installed) == sorted(RUNS)


@pytest.fixture
def silent(
    installed: Engine, reports: Path, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The disk of the desk's own files, which hangs from now on."""
    keep_journal(installed)
    monkeypatch.setattr(in_time, "PATIENCE_S", 0.3)
    began_s = time.monotonic()
    with hanging(var_dir):
        yield var_dir
        assert time.monotonic() - began_s < 20


def test_nobody_is_erased_while_it_hangs_and_it_is_named(installed: Engine, silent: Path) -> None:
    with pytest.raises(StorageError, match=r"not erased .*var/reports/acme does not answer within"):
        erasing.erase(STORE, Who(member_id="m1"))

    assert linked(installed) == sorted(RUNS)


def test_a_restore_says_that_the_journal_does_not_answer(installed: Engine, silent: Path) -> None:
    says = r"the journal cannot be read \(.*var/journal/.* does not answer within 0\.3 s\)"
    with pytest.raises(JournalGapError, match=says):
        catch_up(installed, utc_now(), by="grace", despite_gaps=False)


def test_housekeeping_and_the_desk_go_on(
    installed: Engine, silent: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with installed.begin() as connection:
        for run_id in RUNS:
            finish_run(connection, STORE, run_id, RunState.SUCCEEDED, None, NOW - YEARS)
        connection.execute(
            text("UPDATE runs SET started_at_utc = '2020' WHERE run_id = 'a'"),
        )

    assert keep_house(STORE)["runs"] == 0
    assert "the journal waits in staging, as its folder cannot be written" in caplog.text
    assert "is kept until next time" in caplog.text
    with pytest.raises(StorageError, match="does not answer"):
        has_file(STORE, "a", PAGE)


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_sync_that_holds_the_file_is_not_taken_for_a_folder_that_hangs(
    installed: Engine,
    staging_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    keep_journal(installed)
    with installed.begin() as connection:
        write_entry(connection, STORE, Event.LET_IN, {"hashes": ["h"]}, NOW)
    monkeypatch.setattr(in_time, "PATIENCE_S", 0.2)
    sync = sqlite3.connect(staging_url.removeprefix("sqlite:///"), isolation_level=None)
    sync.execute("BEGIN IMMEDIATE")
    caplog.set_level(logging.INFO)

    waiting = threading.Thread(target=try_to_keep_journal, args=(installed,))
    waiting.start()
    waiting.join(1.5)
    sync.execute("ROLLBACK")
    waiting.join(20)
    sync.close()

    assert "folder" not in caplog.text
    with installed.connect() as connection:
        journal = find_journal(connection)
    assert journal is not None
    assert journal.pending == 0, "it waited for the file, and then it was kept"
