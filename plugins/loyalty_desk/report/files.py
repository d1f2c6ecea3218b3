"""The mismatches as files, written in one pass: CSV and JSON of all, XLSX of what needs somebody.

Each file appears whole or not at all, and none runs a formula that somebody wrote into a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import chain, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from loyalty_desk.clock import utc_text
from loyalty_desk.folders import whole
from loyalty_desk.goodwill.table import Table
from loyalty_desk.report.mismatch_book import MismatchBook
from loyalty_desk.report.mismatch_rows import COLUMNS, NUMBERS, MismatchRow
from loyalty_desk.report.sheets import OPTIONS, add_sheet
from loyalty_desk.report.shown import PLAINLY, Shown
from loyalty_desk.spreadsheets import csv_cell

if TYPE_CHECKING:
    import pandas as pd

Add = Callable[["pd.DataFrame"], None]
"""Adds rows to a file."""

CSV, XLSX, JSON = "mismatches.csv", "mismatches.xlsx", "mismatches.json"
_FRAME_ROWS: Final = 10_000
"""Rows in memory at once."""
_TYPES: Final = {
    **dict.fromkeys(COLUMNS, "str"),
    **NUMBERS,
    "newest_ticket_id": "Int64",  # as there are gaps, which would make it a rounded float
    "needs_person": "bool",
    "name": "str",
    "may_be_name": "str",
}
"""Of the fields of a row, in their order; names are for people, and in the workbook alone."""


def write_files(
    rows: Iterable[MismatchRow],
    out_dir: Path,
    *,
    store: str,
    run_id: str,
    now: datetime,
    sheets: Sequence[Table] = (),
    shown: Shown = PLAINLY,
) -> int:
    """Write the three files into `out_dir`, the workbook with further `sheets`; returns how many
    rows there are.
    """
    count = 0
    with ExitStack() as stack:
        adders = [
            stack.enter_context(_csv(out_dir / CSV)),
            stack.enter_context(_xlsx(out_dir / XLSX, sheets, shown)),
            stack.enter_context(_json(out_dir / JSON, store, run_id, now)),
        ]
        for frame in _iter_frames(rows):
            for add in adders:
                add(frame)
            count += len(frame)
    return count


def write_listed(
    rows: Iterable[MismatchRow],
    out_dir: Path,
    sheets: Sequence[Table] = (),
    shown: Shown = PLAINLY,
) -> int:
    """Write the two files that people open; returns how many rows there are."""
    count = 0
    with _csv(out_dir / CSV) as add_to_csv, _xlsx(out_dir / XLSX, sheets, shown) as add_to_xlsx:
        for frame in _iter_frames(rows):
            add_to_csv(frame)
            add_to_xlsx(frame)
            count += len(frame)
    return count


def _iter_frames(rows: Iterable[MismatchRow]) -> Iterator[pd.DataFrame]:
    """Yield the rows as tables of `_FRAME_ROWS`, each column of its type."""
    import pandas as pd  # noqa: PLC0415 - 0.4 s of imports, only where a report is written

    left = iter(rows)
    while batch := list(islice(left, _FRAME_ROWS)):
        yield pd.DataFrame(batch, columns=list(_TYPES), dtype=object).astype(_TYPES)


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """What a table shows, None in each gap. An id is text: of 17 digits it would be rounded."""
    shown = frame[list(COLUMNS)].astype({"newest_ticket_id": "str"})
    return shown.astype(object).where(shown.notna(), None)


@contextmanager
def _csv(path: Path) -> Iterator[Add]:
    """RFC 4180 in UTF-8 with a byte order mark, as spreadsheets expect."""
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as file:

        def add(frame: pd.DataFrame) -> None:
            texts = _cells(frame).map(csv_cell)
            texts.to_csv(file, header=False, index=False, lineterminator="\r\n")

        file.write(",".join(COLUMNS) + "\r\n")
        yield add


@contextmanager
def _xlsx(path: Path, sheets: Sequence[Table], shown: Shown) -> Iterator[Add]:
    """What needs somebody, in bounded memory."""
    import xlsxwriter  # noqa: PLC0415 - only where a report is written

    options = {"constant_memory": True, **OPTIONS}
    with (
        whole(path) as unfinished,
        _named_by_the_disk(),
        xlsxwriter.Workbook(str(unfinished), options) as book,
    ):
        mismatches = MismatchBook(book, shown)

        def add(frame: pd.DataFrame) -> None:
            # Not `to_excel`: it goes down each column, so the whole book has to be in memory.
            some = frame[frame["needs_person"]].astype(object)
            for cells in some.where(some.notna(), None).itertuples(index=False, name=None):
                mismatches.add(MismatchRow(*cells))

        yield add
        mismatches.end()
        for table in sheets:
            add_sheet(book, table)


@contextmanager
def _named_by_the_disk() -> Iterator[None]:
    """Raise what the disk said, which XlsxWriter wraps into an error of its own."""
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415 - as above

    try:
        yield
    except FileCreateError as error:
        raise error.args[0] from None


@contextmanager
def _json(path: Path, store: str, run_id: str, now: datetime) -> Iterator[Add]:
    """One object with all rows in `mismatches`, a line each."""
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        separators = chain(("\n",), repeat(",\n"))

        def add(frame: pd.DataFrame) -> None:
            told = frame[[*COLUMNS, "needs_person"]]
            lines = told.to_json(orient="records", lines=True, force_ascii=False).rstrip("\n")
            file.write(next(separators) + lines.replace("\n", ",\n"))

        head = orjson.dumps({"store": store, "run_id": run_id, "made_at": utc_text(now)}).decode()
        file.write(head[:-1] + ',"mismatches":[')
        yield add
        file.write("\n]}\n")
