"""Folders on a disk that hangs: whoever asks one for anything is told so, and goes on."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyalty_desk import in_time
from loyalty_desk.errors import MemberFolderError
from loyalty_desk.folders import (
    files_below,
    filled,
    find_inside,
    find_kept,
    is_file,
    reading,
    refilled,
    remove,
    why_unusable,
)
from loyalty_desk.in_time import NoAnswerError
from loyalty_desk.privacy.files import find_entries, remove_files
from loyalty_desk.settings.member_settings import MemberFileSettings
from loyalty_desk.sync.member_folder import Dropped, list_folder
from tests.disks import hanging

PATIENCE_S = 0.2
NAMED = re.compile(rb"ada@shop\.example")


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_time, "PATIENCE_S", PATIENCE_S)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with hanging(tmp_path / "disk") as folder:
        yield folder


def read(file: Path) -> bytes:
    with reading(file) as content:
        return content.read()


def fill(folder: Path) -> None:
    with filled(folder) as made:
        (made / "report.html").write_text("a page")


def refill(folder: Path) -> None:
    with refilled(folder) as made:
        (made / "index.html").write_text("a page")


USES: dict[str, Callable[[Path], object]] = {
    "write": fill,
    "replace": refill,
    "list": files_below,
    "read": lambda folder: read(folder / "report.html"),
    "remove": remove,
    "remove as far as it can be": lambda folder: remove(folder, ignore_errors=True),
    "find": lambda folder: find_inside(folder, "report.html"),
    "find what was kept": lambda folder: find_kept(folder, str(folder / "run" / "report.html")),
    "look for": lambda folder: is_file(folder / "report.html"),
    "look through": lambda folder: find_entries(folder, NAMED),
    "remove who is named": lambda folder: remove_files([folder], NAMED),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_whatever_is_done_with_it_ends_and_names_it(
    disk: Path, use: Callable[[Path], object]
) -> None:
    began_s = time.monotonic()

    with pytest.raises(NoAnswerError) as raised:
        use(disk)

    assert time.monotonic() - began_s < 10 * PATIENCE_S, "one wait, and none after it"
    told = why_unusable(raised.value)
    assert told.startswith(str(disk))
    assert " does not answer within 0.2 s. It is tried again by itself; if it stays, see" in told


@pytest.fixture
def half_read(tmp_path: Path) -> Iterator[Path]:
    """A file of which nothing comes after its first bytes."""
    path = tmp_path / "members.csv"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, b"email\n")
    yield path
    os.write(writer, bytes(2**16))
    os.close(writer)


def test_a_file_that_stops_in_the_middle_ends_too(half_read: Path) -> None:
    with pytest.raises(NoAnswerError, match=r"members\.csv does not answer"):
        read(half_read)


def test_so_do_the_files_with_members(disk: Path, half_read: Path) -> None:
    says = r"the folder of member files '.*' does not answer within 0\.2 s"
    with pytest.raises(MemberFolderError, match=says):
        list_folder(Path, MemberFileSettings(folder=str(disk)))

    with pytest.raises(MemberFolderError, match=says):
        list(Dropped.of(half_read).iter_chunks())
