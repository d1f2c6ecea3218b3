"""What is attached to a mailed report: the page, and who needs somebody, as far as a mail may hold.

A mail server refuses what is too large, encoded, and everybody's mail with it. So classes that need
nobody are counted here and not listed, and what does not fit is left to the desk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from loyalty_desk.classes import class_text
from loyalty_desk.goodwill.table import Table
from loyalty_desk.report.files import CSV, XLSX, write_listed
from loyalty_desk.report.mismatch_rows import MismatchRow
from loyalty_desk.report.shown import PLAINLY, Shown

MB: Final = 1_000_000
ZIPPED: Final = f"{CSV}.zip"
BODY: Final = 64_000
"""Bytes left for the mail's own text and its headers."""
_HEADERS: Final = 1_000
"""Of each attachment."""
_LEAST_A_ROW: Final = 10
"""No row takes fewer bytes of a mail, however well it is zipped."""
_TRIED_BELOW: Final = 0.9
"""Rows do not all take the same, so a little less is tried than would fit if they did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What a mail holds, and what it says of the rest."""

    paths: tuple[Path, ...]
    listed: int
    needed: int
    """Rows that need somebody."""
    others: dict[str, int]
    """Rows that need nobody, by the title of their class."""

    @property
    def names(self) -> list[str]:
        return [path.name for path in self.paths]


def encoded_bytes(sizes: Iterable[int]) -> int:
    """How large files of those sizes are in a mail, at most: base64 in lines of 76, and headers."""
    return sum((size + 56) // 57 * 78 + _HEADERS for size in sizes)


def attach(
    rows: Callable[[], Iterable[MismatchRow]],
    write_page: Callable[[Path, int, Sequence[str]], Path],
    folder: Path,
    most_bytes: int,
    sheets: Sequence[Table] = (),
    shown: Shown = PLAINLY,
) -> Attached:
    """Write into `folder` what a mail of at most so many bytes, encoded, holds.

    `write_page` takes the folder, how many rows are listed and the names of their files, and
    returns the page's path. The workbook has further `sheets`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = write_page(folder, 0, [XLSX, CSV])
    room = most_bytes - BODY
    has_page = _size([page]) <= room
    if has_page:
        room -= _size([page])

    def write(sorting: _Sorting) -> int:
        return write_listed(sorting, folder, sheets, shown)

    files, listed, sorting = _fit(rows, write, folder, room, most_bytes // _LEAST_A_ROW)
    if has_page:  # anew, as it is now known what is beside it
        page = write_page(folder, listed, [path.name for path in files] or [XLSX, CSV])
    return Attached(
        paths=(page, *files) if has_page else tuple(files),
        listed=listed,
        needed=sorting.needed,
        others=dict(sorting.others),
    )


def _fit(
    rows: Callable[[], Iterable[MismatchRow]],
    write: Callable[[_Sorting], int],
    folder: Path,
    room: int,
    most: int,
) -> tuple[list[Path], int, _Sorting]:
    """Write as many rows as there is room for, `most` at most; returns the files and how many."""
    while True:
        sorting = _Sorting(rows(), most)
        listed = write(sorting)
        for files in _choices(folder):
            if _size(files) <= room:
                return files, listed, sorting
        most = int(listed * max(room, 0) / _size(files) * _TRIED_BELOW)
        if most == 0:
            return [], 0, sorting


def _choices(folder: Path) -> Iterator[list[Path]]:
    """The files as they are, then zipped where that helps: a workbook is zipped already."""
    yield [folder / XLSX, folder / CSV]
    zipped = folder / ZIPPED
    with ZipFile(zipped, "w", ZIP_DEFLATED) as archive:
        archive.write(folder / CSV, CSV)
    yield [folder / XLSX, zipped]


def _size(paths: Iterable[Path]) -> int:
    return encoded_bytes(path.stat().st_size for path in paths)


class _Sorting:
    """The first rows that need somebody; it counts the others."""

    def __init__(self, rows: Iterable[MismatchRow], most: int) -> None:
        self._rows, self._most = rows, most
        self.needed = 0
        self.others: Counter[str] = Counter()

    def __iter__(self) -> Iterator[MismatchRow]:
        for row in self._rows:
            if not row.needs_person:
                self.others[f"{class_text(row.side, row.outcome).title} ({row.side}s)"] += 1
                continue
            self.needed += 1
            if self.needed <= self._most:
                yield row
