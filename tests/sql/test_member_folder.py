"""What lies in a folder of member files is read by its content, or named with the reason."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BrakeError, MemberFileError
from loyalty_desk.platforms.base import Capabilities
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.store_state import StateKey, keep_state
from loyalty_desk.sync.member_folder import OpenFolder
from loyalty_desk.sync.members import extract_members
from loyalty_desk.sync.reads import ReadCounts
from tests.factories import STORE, store_settings
from tests.waiting import wait_until

HEAD = "Id;Mail;Points\n"
LISTLESS = SimpleNamespace(capabilities=Capabilities(card_keys=frozenset(), lists_members=False))
YEAR_S = 365 * 86_400


def people(count: int, points: int = 10) -> str:
    return HEAD + "".join(f"{one};p{one}@shop.example;{points}\n" for one in range(1, count + 1))


class Folder:
    """A folder that a store reads, run after run."""

    def __init__(self, staging: Engine, path: Path) -> None:
        self.engine, self.path = staging, path / "drop"
        self.path.mkdir()
        self.columns = path / "columns.yaml"
        self.columns.write_text(
            "columns: {member_id: Id, email: Mail, points_balance: Points}\n", encoding="utf-8"
        )
        self.holds, self.settle_s, self.runs = "everybody", 0.0, 0

    def put(self, name: str, text: str, *, age_s: float | None = None) -> Path:
        """Write a file, with a time of its own if its age is told."""
        (self.path / name).write_text(text, encoding="utf-8", newline="")
        if age_s is not None:
            os.utime(self.path / name, (time.time() - age_s,) * 2)
        return self.path / name

    def read(self, open_folder: OpenFolder = Path) -> ReadCounts:
        self.runs += 1
        settings = store_settings(
            member_files={
                "folder": str(self.path),
                "columns": self.columns,
                "holds": self.holds,
                "settle_s": self.settle_s,
            }
        )
        run_id = f"r{self.runs}"
        run = Run(store=settings, run_id=run_id, params=RunParams(), engine=self.engine)
        with self.engine.begin() as connection:
            connection.execute(schema.locks.delete())
            start_run(connection, STORE, run_id, {}, utc_now())
            take_lock(connection, run, utc_now())
        return extract_members(run, LISTLESS, open_folder)  # type: ignore[arg-type] # as far as it is asked

    @contextmanager
    def between_looks(self, do: Callable[[], object]) -> Iterator[None]:
        """Do something once the next run looked for the first time: it notes what it leaves."""
        self.put("note.txt", "is left")
        self.settle_s = 3.0
        run_id = f"r{self.runs + 1}"

        def wait_and_do() -> None:
            wait_until(lambda: "note.txt" in self.left(run_id))
            do()

        writer = threading.Thread(target=wait_and_do)
        writer.start()
        yield
        writer.join()
        self.settle_s = 0.0

    def points(self) -> dict[str, int | None]:
        """Of who is there."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(schema.members)).all()
        return {row.member_id: row.points_balance for row in rows if row.gone_at_utc is None}

    def left(self, run_id: str | None = None) -> dict[str, str]:
        """What a run, or the last one, noted of files that it did not read."""
        rejected = schema.rejected_records
        query = select(rejected).where(
            rejected.c.run_id == (run_id or f"r{self.runs}"), rejected.c.source == "member_files"
        )
        with self.engine.connect() as connection:
            return {row.record_id or "": row.reason for row in connection.execute(query)}


@pytest.fixture
def folder(staging: Engine, tmp_path: Path) -> Folder:
    return Folder(staging, tmp_path)


def test_each_file_is_read_or_named_with_the_reason(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.holds = "changes"
    folder.put("MEMBERS.CSV", "\ufeff" + people(2).replace("\n", "\r\n"))
    folder.put("more.csv.Part", people(9))
    folder.put(".hidden.csv", people(9))
    folder.put(".profile", "")
    folder.put("members.xlsx", "PK")
    folder.put("empty.csv", "")
    folder.put("ada@shop.example.txt", "")
    (folder.path / "old").mkdir()
    (folder.path / "link.csv").symlink_to("nowhere.csv")

    with caplog.at_level(logging.WARNING):
        counts = folder.read()

    assert folder.points() == {"1": 10, "2": 10}
    assert folder.left() == {
        ".hidden.csv": "is hidden, as its name begins with a dot",
        "empty.csv": "is empty",
        "link.csv": "is no file",
        "members.xlsx": "does not match member_files.pattern '*.csv': unpack it, or save it as CSV",
        "more.csv.Part": "is unfinished by its name, which ends in .part",
        "old": "is a folder, and only the files beside it are read",
        "…": "does not match member_files.pattern '*.csv'",
    }
    assert counts.files_left == 7
    assert "members: empty.csv is not read: it is empty" in caplog.text
    assert "ada@shop.example" not in caplog.text


@pytest.mark.parametrize("age_s", [-YEAR_S, YEAR_S], ids=["ahead of ours", "of an older copy"])
@pytest.mark.parametrize("holds", ["everybody", "changes"])
def test_no_time_keeps_a_file_from_being_read(folder: Folder, age_s: float, holds: str) -> None:
    folder.holds = holds
    folder.settle_s = 0.1
    folder.put("a.csv", people(3))
    folder.read()

    folder.put("b.csv", people(3, points=20), age_s=age_s)
    folder.read()

    assert folder.points() == {"1": 20, "2": 20, "3": 20}
    folder.put("c.csv", people(3, points=30))
    folder.read()
    assert folder.points() == {"1": 30, "2": 30, "3": 30}
    assert folder.read().fetched == 0


def test_another_content_under_the_same_name_size_and_time_is_read(folder: Folder) -> None:
    folder.put("members.csv", people(3), age_s=3600)
    told = (folder.path / "members.csv").stat()
    folder.read()

    folder.put("members.csv", people(3, points=20))
    os.utime(folder.path / "members.csv", ns=(told.st_atime_ns, told.st_mtime_ns))
    assert (folder.path / "members.csv").stat().st_size == told.st_size
    folder.read()

    assert folder.points() == {"1": 20, "2": 20, "3": 20}


def test_the_same_content_is_read_once_and_again_under_another_name(folder: Folder) -> None:
    folder.put("members.csv", people(3), age_s=60)
    assert folder.read().fetched == 3

    os.utime(folder.path / "members.csv")
    assert folder.read().fetched == 0

    folder.put("again.csv", people(3), age_s=90)
    assert folder.read().fetched == 3
    assert folder.left() == {}

    (folder.path / "members.csv").unlink()
    folder.read()
    folder.put("members.csv", people(3), age_s=60)
    assert folder.read().fetched == 3


def test_a_file_that_grows_between_two_looks_waits_whatever_its_time_says(folder: Folder) -> None:
    folder.put("a.csv", people(40))
    folder.read()
    whole = people(40, points=20)
    half = whole[: whole.index("\n4;") + 1]
    path = folder.put("b.csv", half, age_s=YEAR_S)

    with folder.between_looks(lambda: folder.put("b.csv", half + "4;p4", age_s=YEAR_S)):
        counts = folder.read()

    assert (counts.gone, counts.files_left) == (0, 2)
    assert folder.left()["b.csv"] == "was still being written; the next run looks again"
    assert set(folder.points().values()) == {10}
    path.write_text(whole, encoding="utf-8")
    folder.read()
    assert set(folder.points().values()) == {20}
    assert len(folder.points()) == 40


def test_a_file_that_is_taken_away_between_two_looks_is_named(folder: Folder) -> None:
    path = folder.put("a.csv", people(3))

    with folder.between_looks(path.unlink):
        folder.read()

    assert folder.left()["a.csv"] == "was taken away while it was looked at"


@pytest.mark.parametrize(("before", "after"), [(40, 31), (4, 2), (40, 3)])
def test_a_file_of_everybody_that_shrinks_too_much_is_braked_at_any_size(
    folder: Folder, before: int, after: int
) -> None:
    folder.put("a.csv", people(before))
    folder.read()
    folder.put("b.csv", people(after))

    with pytest.raises(BrakeError, match=f"members shrank from {before} to {after} "):
        folder.read()

    assert len(folder.points()) == before
    folder.put("b.csv", people(before - 1))
    assert folder.read().gone == 1


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ("4;p4", r"^b\.csv is cut off: it ends within the row that begins in line 5; put"),
        ('4;"p4', r"^b\.csv is no CSV: line 5: unexpected end of data"),
    ],
)
def test_a_file_that_is_cut_in_mid_row_is_refused(folder: Folder, cut: str, message: str) -> None:
    folder.put("a.csv", people(4))
    folder.read()
    folder.put("b.csv", people(3, points=20) + cut)

    with pytest.raises(MemberFileError, match=message):
        folder.read()

    assert set(folder.points().values()) == {10}


def test_a_file_that_is_cut_within_a_character_is_refused_as_that(folder: Folder) -> None:
    (folder.path / "a.csv").write_bytes((HEAD + "1;zo").encode() + "ë".encode()[:1])

    with pytest.raises(MemberFileError, match=r"^a\.csv is cut off: it ends within a character"):
        folder.read()


def test_a_workbook_under_the_name_of_a_csv_is_refused_as_that(folder: Folder) -> None:
    (folder.path / "a.csv").write_bytes(b"PK\x03\x04 and so on")

    with pytest.raises(MemberFileError, match=r"^a\.csv is an archive or a workbook: save it"):
        folder.read()


def test_a_last_row_without_a_line_break_is_used_and_told(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.put("a.csv", people(3).rstrip("\n"))

    with caplog.at_level(logging.INFO):
        folder.read()

    assert len(folder.points()) == 3
    assert "members: a.csv ends in a row without a line break; it is used" in caplog.text


def test_of_files_of_everybody_that_come_together_the_newest_is_read(folder: Folder) -> None:
    folder.put("a.csv", people(3), age_s=10)
    folder.put("b.csv", people(3, points=20), age_s=20)

    folder.read()
    assert set(folder.points().values()) == {10}
    assert folder.left() == {"b.csv": "is older than a.csv, which holds everybody too"}
    assert folder.read().files_left == 0, "it was named, and nobody needs it any more"
    assert (folder.left(), set(folder.points().values())) == ({}, {10})

    folder.put("b.csv", people(3, points=30), age_s=20)
    folder.read()
    assert set(folder.points().values()) == {30}
    assert folder.left() == {}


class Closed:
    """A file whose storage lets nobody read it, as a server of SFTP may."""

    def __init__(self, path: Path) -> None:
        self.path, self.name, self.parent = path, path.name, path.parent

    def is_file(self) -> bool:
        return True

    def stat(self) -> os.stat_result:
        return self.path.stat()

    def open(self, _mode: str) -> None:
        raise PermissionError


def test_a_newest_file_that_may_not_be_read_yet_is_not_passed_over_for_an_older_one(
    folder: Folder,
) -> None:
    folder.put("a.csv", people(3), age_s=20)
    folder.put("b.csv", people(3, points=20), age_s=10)

    def half_closed(_folder: str) -> Any:
        entries = [folder.path / "a.csv", Closed(folder.path / "b.csv")]
        return SimpleNamespace(iterdir=lambda: iter(entries))

    folder.read(half_closed)

    assert set(folder.points().values()) == {10}
    assert list(folder.left()) == ["b.csv"]
    assert folder.left()["b.csv"].startswith("may not be read")
    folder.read()
    assert set(folder.points().values()) == {20}


def test_what_is_passed_over_is_named_until_the_newer_file_was_read(folder: Folder) -> None:
    folder.put("a.csv", people(3), age_s=20)
    broken = folder.put("b.csv", people(3)[:-4], age_s=10)
    for _ in range(2):
        with pytest.raises(MemberFileError, match="is cut off"):
            folder.read()
        assert folder.left() == {"a.csv": "is older than b.csv, which holds everybody too"}

    broken.unlink()
    assert folder.read().changed == 3
    assert folder.left() == {}


def test_files_of_changes_that_come_together_are_read_from_the_oldest_on(folder: Folder) -> None:
    folder.holds = "changes"
    folder.put("a.csv", people(3, points=30), age_s=10)
    folder.put("b.csv", people(2, points=20), age_s=20)

    folder.read()

    assert folder.points() == {"1": 30, "2": 30, "3": 30}
    assert folder.left() == {}


def test_what_a_version_before_had_read_is_not_read_again(folder: Folder) -> None:
    folder.put("a.csv", people(3, points=20), age_s=30)
    told = folder.put("b.csv", people(3), age_s=20).stat()
    moment = f"{told.st_size} {datetime.fromtimestamp(told.st_mtime, UTC).isoformat()}"
    with folder.engine.begin() as connection:
        kept = json.dumps({"b.csv": moment})
        keep_state(connection, STORE, StateKey.MEMBER_FILES, kept, utc_now())

    assert folder.read().fetched == 0
    assert folder.left() == {"a.csv": "is older than b.csv, which holds everybody too"}
    folder.read()
    assert folder.left() == {}
    folder.put("b.csv", people(3, points=30))
    os.utime(folder.path / "b.csv", ns=(told.st_atime_ns, told.st_mtime_ns))
    folder.read()
    assert set(folder.points().values()) == {30}


def test_a_folder_that_nobody_asks_for_is_named(folder: Folder) -> None:
    listing: Any = SimpleNamespace(
        capabilities=Capabilities(card_keys=frozenset(), lists_members=True, lists_changes=False),
        iter_member_pages=lambda: iter([]),
    )
    settings = store_settings(member_files={"folder": str(folder.path)})
    run = Run(store=settings, run_id="r0", params=RunParams(), engine=folder.engine)
    with folder.engine.begin() as connection:
        start_run(connection, STORE, "r0", {}, utc_now())

    with pytest.raises(BrakeError):  # nobody was read
        extract_members(run, listing, Path)

    assert folder.left() == {
        "member_files.folder": "is not looked at: the platform lists its members"
    }
