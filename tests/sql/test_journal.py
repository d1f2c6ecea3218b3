"""The journal outside of the database: written late, by several, to a folder that was lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import StorageError
from loyalty_desk.hooks.journal import try_to_keep_journal
from loyalty_desk.staging.journal import (
    Event,
    Journal,
    count_waiting_long,
    find_journal,
    write_entry,
)
from loyalty_desk.staging.journal_folder import (
    MARK,
    JournalAheadError,
    Mark,
    keep_in_folder,
    list_journals,
    list_numbers,
    read_entry,
    read_mark,
)
from loyalty_desk.staging.kept_out import EMAIL, keep_out
from tests.factories import LATER, NOW, STORE
from tests.http.api_client import forget_settings
from tests.sql.backups import back_up


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def write(engine: Engine, *tokens: str) -> None:
    with engine.begin() as connection:
        for token in tokens:
            write_entry(connection, STORE, Event.REVOKED, {"token_id": token}, NOW)


def standing(engine: Engine) -> Journal:
    with engine.connect() as connection:
        found = find_journal(connection)
    assert found is not None
    return found


def place(engine: Engine, folder: Path) -> Path:
    return folder / standing(engine).id


def test_each_entry_is_a_file_that_names_nobody(staging: Engine, folder: Path) -> None:
    with staging.begin() as connection:
        keep_out(connection, STORE, [(EMAIL, "ada@example.test")], NOW)
    write(staging, "t1")

    assert keep_in_folder(staging, folder, LATER) == 2
    assert keep_in_folder(staging, folder, LATER) == 0

    there = place(staging, folder)
    assert list_numbers(there) == [1, 2]
    first, second = read_entry(there, 1), read_entry(there, 2)
    assert first is not None
    assert second is not None
    assert (first.kind, len(json.loads(first.content)["hashes"][0])) == ("erased", 64)
    assert (second.kind, second.content, second.at_utc) == (
        "revoked",
        '{"token_id": "t1"}',
        utc_text(NOW),
    )
    assert not any('"ada' in one.read_text() for one in there.iterdir())
    mark = read_mark(there)
    assert mark is not None
    assert (mark.last, mark.at) == (2, LATER)


def test_what_was_not_done_is_not_told(staging: Engine, folder: Path) -> None:
    def fail() -> None:
        with staging.begin() as connection:
            write_entry(connection, STORE, Event.REVOKED, {"token_id": "t1"}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert keep_in_folder(staging, folder, LATER) == 0


@pytest.fixture
def var_dir(staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path))
    forget_settings()
    yield tmp_path
    forget_settings()


def test_while_the_folder_is_away_entries_wait_and_are_counted(
    staging: Engine, var_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (var_dir / "journal").write_text("no folder")
    write(staging, "t1", "t2")

    try_to_keep_journal(staging)

    assert "the journal waits in staging" in caplog.text
    with staging.connect() as connection:
        assert count_waiting_long(connection, LATER) == 2
    (var_dir / "journal").unlink()
    try_to_keep_journal(staging)
    assert standing(staging).pending == 0
    assert list_numbers(place(staging, var_dir / "journal")) == [1, 2]


def test_workers_at_once_write_each_entry_once_and_leave_no_gap(
    staging: Engine, folder: Path
) -> None:
    def work(number: int) -> None:
        write(staging, f"a{number}", f"b{number}")
        keep_in_folder(staging, folder, LATER)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(8)))

    keep_in_folder(staging, folder, LATER)
    there = place(staging, folder)
    assert list_numbers(there) == list(range(1, 17))
    entries = [read_entry(there, number) for number in range(1, 17)]
    assert len({one.entry_id for one in entries if one}) == 16
    assert list_journals(folder) == [standing(staging).id]


def test_another_folder_gets_everything_anew(staging: Engine, folder: Path) -> None:
    write(staging, "t1", "t2")
    keep_in_folder(staging, folder, NOW)
    old = shutil.copytree(folder, folder.with_name("old"))
    write(staging, "t3")
    keep_in_folder(staging, folder, NOW)

    assert keep_in_folder(staging, old, LATER) == 1
    assert keep_in_folder(staging, folder.with_name("new"), LATER) == 3

    for one in (old, folder.with_name("new")):
        assert list_numbers(place(staging, one)) == [1, 2, 3]


def test_a_restored_database_that_has_not_caught_up_writes_nothing(
    staging: Engine, folder: Path
) -> None:
    keep_in_folder(staging, folder, NOW)
    backup = back_up(staging)
    write(staging, "t1")
    keep_in_folder(staging, folder, NOW)
    backup.restore()

    with pytest.raises(JournalAheadError, match="holds 1 entries and the database 0"):
        keep_in_folder(staging, folder, LATER)

    write(staging, "t2")
    with pytest.raises(JournalAheadError):
        keep_in_folder(staging, folder, LATER)
    there = place(staging, folder)
    assert '"t1"' in (there / "000000000001.json").read_text().replace("\\", "")


def test_a_copy_of_the_database_replaces_no_entry(staging: Engine, folder: Path) -> None:
    keep_in_folder(staging, folder, NOW)
    there = place(staging, folder)
    begun = (there / MARK).read_text()
    backup = back_up(staging)
    write(staging, "t1")
    keep_in_folder(staging, folder, NOW)
    backup.restore()
    (there / MARK).write_text(begun)  # as when the other one died before it could move it on
    write(staging, "t2")

    with pytest.raises(JournalAheadError, match="written by another database"):
        keep_in_folder(staging, folder, LATER)

    assert '"t1"' in (there / "000000000001.json").read_text().replace("\\", "")


@pytest.mark.parametrize("told", [None, "", "{", "[]", '{"last": 1}'])
def test_a_mark_that_is_broken_or_gone_is_written_anew_and_named(
    staging: Engine, folder: Path, told: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    write(staging, "t1")
    keep_in_folder(staging, folder, NOW)
    mark = place(staging, folder) / MARK
    mark.unlink()
    if told is not None:
        mark.write_text(told)
    write(staging, "t2")

    keep_in_folder(staging, folder, LATER)

    assert read_mark(mark.parent) == Mark(begun=standing(staging).begun, at=LATER, last=2)
    assert standing(staging).pending == 0
    assert (f"{mark}, the mark of the journal, is broken" in caplog.text) is (told is not None)


@pytest.mark.parametrize("told", [None, "{"])
def test_without_a_mark_the_files_tell_that_a_database_was_restored(
    staging: Engine, folder: Path, told: str | None
) -> None:
    keep_in_folder(staging, folder, NOW)
    backup = back_up(staging)
    write(staging, "t1")
    keep_in_folder(staging, folder, NOW)
    backup.restore()
    mark = place(staging, folder) / MARK
    mark.unlink()
    if told is not None:
        mark.write_text(told)

    with pytest.raises(JournalAheadError, match="holds 1 entries and the database 0"):
        keep_in_folder(staging, folder, LATER)


def test_who_is_cut_off_comes_on_and_vouches_for_no_time_that_is_not_whole(
    staging: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_in_folder(staging, folder, NOW)
    write(staging, *map(str, range(30)))
    there = place(staging, folder)
    (there / "000000000025.json").mkdir()  # in the way

    with pytest.raises(StorageError, match=r"000000000025\.json"):
        keep_in_folder(staging, folder, LATER)

    mark = read_mark(there)
    assert mark is not None
    assert (mark.last, mark.at) == (20, NOW)
    assert standing(staging).pending == 10
    (there / "000000000025.json").rmdir()
    assert keep_in_folder(staging, folder, LATER) == 10
    assert read_mark(there) == Mark(begun=mark.begun, at=LATER, last=30)


def test_installations_may_share_a_folder(staging: Engine, folder: Path) -> None:
    other = folder / "0123"
    other.mkdir(parents=True)
    mark = {"begun_utc": utc_text(NOW), "at_utc": utc_text(NOW), "last": 7}
    (other / MARK).write_text(json.dumps(mark))

    write(staging, "t1")
    keep_in_folder(staging, folder, LATER)

    assert len(list_journals(folder)) == 2
    assert list_numbers(other) == []
