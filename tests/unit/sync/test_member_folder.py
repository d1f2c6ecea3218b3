"""Which files of a folder are looked into again, and one that may not be read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_desk.sync import member_folder
from loyalty_desk.sync.known_files import Known
from loyalty_desk.sync.member_folder import Dropped, find_fresh

NOBODY = 65_534


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user may list."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def names(files: list[Dropped]) -> list[str]:
    return [one.name for one in files]


def look(folder: Path) -> list[Dropped]:
    return [Dropped.of(path) for path in sorted(folder.iterdir())]


def without_sign(one: Dropped) -> Dropped:
    """As a server of SFTP tells of it."""
    return Dropped(path=one.path, size=one.size, moment=one.moment, sign=None, is_sure=False)


def rewrite(path: Path, text: str) -> None:
    """Another content of the same size and time."""
    told = path.stat()
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def test_of_what_was_read_the_newest_is_looked_into_and_older_ones_go_by_what_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_folder, "LOOKED_INTO_BYTES", 1)
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("1", encoding="utf-8")
    known: dict[str, Known] = {one.name: one.known() for one in map(without_sign, look(folder))}
    on_disk = {one.name: one.known() for one in look(folder)}
    for name in ("a.csv", "b.csv"):
        rewrite(folder / name, "2")

    fresh, still, left = find_fresh(map(without_sign, look(folder)), known)

    assert (names(fresh), list(still), left) == (["b.csv"], ["a.csv"], {})
    assert names(find_fresh(look(folder), on_disk)[0]) == ["a.csv", "b.csv"]


def test_a_file_that_may_not_be_read_is_named_and_what_is_known_of_it_stays(folder: Path) -> None:
    path = folder / "a.csv"
    path.write_text("1", encoding="utf-8")
    known = {one.name: one.known() for one in look(folder)}
    rewrite(path, "2")
    path.chmod(0)
    was = os.geteuid()
    if was == 0:  # who may read everything
        os.seteuid(NOBODY)
    try:
        fresh, still, left = find_fresh(look(folder), known)
    finally:
        os.seteuid(was)

    assert (fresh, still) == ([], known)
    assert left == {"a.csv": "may not be read: give the user of Airflow's workers the right"}
