"""Which files of a folder are looked into again, and one that may not be read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_desk.sync import member_folder
from loyalty_desk.sync.known_files import KnownFiles
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


def look_again(folder: Path, known: KnownFiles) -> tuple[list[str], KnownFiles]:
    """What a run reads again, as a server of SFTP tells of it, and what is known then."""
    files, fetched = list(map(without_sign, look(folder))), list[str]()
    fresh, still, left = find_fresh(files, known)
    assert (fresh, left) == ([], {})
    fetched += [one.name for one in files if "digest" in vars(one)]
    return fetched, still


def test_files_take_turns_in_being_looked_into_and_a_large_one_waits_until_enough_is_saved(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_folder, "LOOKED_INTO_BYTES", 4)
    for name, size in (("a.csv", 2), ("b.csv", 9), ("c.csv", 2), ("d.csv", 2)):
        (folder / name).write_text("1" * size, encoding="utf-8")
    known = KnownFiles({one.name: one.known() for one in map(without_sign, look(folder))})

    turns = list[list[str]]()
    for _ in range(8):
        fetched, known = look_again(folder, known)
        turns.append(fetched)

    assert turns == [
        *(["a.csv"], [], ["b.csv"], ["c.csv", "d.csv"]),
        *(["a.csv"], [], ["b.csv", "c.csv"], ["a.csv", "d.csv"]),
    ]


def test_what_fits_is_looked_into_in_each_run_and_nothing_is_saved(folder: Path) -> None:
    (folder / "a.csv").write_text("1", encoding="utf-8")
    known = KnownFiles({one.name: one.known() for one in map(without_sign, look(folder))})
    for _ in range(3):
        fetched, known = look_again(folder, known)
        assert (fetched, known.unspent_bytes) == (["a.csv"], 0)

    rewrite(folder / "a.csv", "2")
    assert names(find_fresh(map(without_sign, look(folder)), known)[0]) == ["a.csv"]


def test_a_disk_tells_another_content_of_a_file_whose_turn_it_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_folder, "LOOKED_INTO_BYTES", 0)
    (folder / "a.csv").write_text("1", encoding="utf-8")
    on_disk = KnownFiles({one.name: one.known() for one in look(folder)})
    rewrite(folder / "a.csv", "2")

    assert names(find_fresh(look(folder), on_disk)[0]) == ["a.csv"]


def test_a_file_that_may_not_be_read_is_named_and_what_is_known_of_it_stays(folder: Path) -> None:
    path = folder / "a.csv"
    path.write_text("1", encoding="utf-8")
    known = KnownFiles({one.name: one.known() for one in look(folder)})
    rewrite(path, "2")
    path.chmod(0)
    was = os.geteuid()
    if was == 0:  # who may read everything
        os.seteuid(NOBODY)
    try:
        fresh, still, left = find_fresh(look(folder), known)
    finally:
        os.seteuid(was)

    assert (fresh, still.by_name) == ([], known.by_name)
    assert left == {"a.csv": "may not be read: give the user of Airflow's workers the right"}
