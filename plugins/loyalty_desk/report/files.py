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
from loyalty_desk.report.mismatch_rows import COLUMNS, NUMBERS, WIDTHS, MismatchRow
from loyalty_desk.report.sheets import add_sheet, braced_as_text, neutral

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter import Workbook

Add = Callable[["pd.DataFrame"], None]
"""Adds rows to a file."""

CSV, XLSX, JSON = "mismatches.csv", "mismatches.xlsx", "mismatches.json"
MOST_SHEET_ROWS: Final = 1_000_000
"""Excel opens 1,048,576 rows of a sheet; of what is more it says how much that is."""
_FRAME_ROWS: Final = 10_000
"""Rows in memory at once."""
_TYPES: Final = {
    **dict.fromkeys(COLUMNS, "str"),
    **NUMBERS,
    "newest_ticket_id": "Int64",  # as there are gaps, which would make it a rounded float
    "needs_person": "bool",
}


def write_files(
    rows: Iterable[MismatchRow],
    out_dir: Path,
    *,
    store: str,
    run_id: str,
    now: datetime,
    sheets: Sequence[Table] = (),
) -> int:
    """Write the three files into `out_dir`, the workbook with further `sheets`; returns how many
    rows there are.
    """
    count = 0
    with ExitStack() as stack:
        adders = [
            stack.enter_context(_csv(out_dir / CSV)),
            stack.enter_context(_xlsx(out_dir / XLSX, sheets)),
            stack.enter_context(_json(out_dir / JSON, store, run_id, now)),
        ]
        for frame in _iter_frames(rows):
            for add in adders:
                add(frame)
            count += len(frame)
    return count


def write_listed(rows: Iterable[MismatchRow], out_dir: Path, sheets: Sequence[Table] = ()) -> int:
    """Write the two files that people open; returns how many rows there are."""
    count = 0
    with _csv(out_dir / CSV) as add_to_csv, _xlsx(out_dir / XLSX, sheets) as add_to_xlsx:
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
            texts = _cells(frame).map(neutral)
            texts.to_csv(file, header=False, index=False, lineterminator="\r\n")

        file.write(",".join(COLUMNS) + "\r\n")
        yield add


class _XlsxFile:
    """What needs somebody, in bounded memory; text is text, whatever it begins with."""

    def __init__(self, book: Workbook) -> None:
        self._sheet, self._count, self._left = book.add_worksheet("Mismatches"), 0, 0
        self._sheet.add_write_handler(str, braced_as_text)
        self._sheet.freeze_panes(1, 0)
        for column, width in enumerate(WIDTHS.values()):
            self._sheet.set_column(column, column, width)
        self._sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))

    def add(self, frame: pd.DataFrame) -> None:
        # Not `to_excel`: it goes down each column, so the whole book has to be in memory.
        for row in _cells(frame[frame["needs_person"]]).itertuples(index=False, name=None):
            if self._count == MOST_SHEET_ROWS:
                self._left += 1
                continue
            self._count += 1
            self._sheet.write_row(self._count, 0, row)

    def end(self) -> None:
        if self._left:
            says = f"and {self._left:,} more: Excel opens no more rows, all are in {CSV}"
            self._sheet.write_string(self._count + 1, 0, says)
        self._sheet.autofilter(0, 0, max(1, self._count), len(COLUMNS) - 1)


@contextmanager
def _xlsx(path: Path, sheets: Sequence[Table]) -> Iterator[Add]:
    import xlsxwriter  # noqa: PLC0415 - only where a report is written

    with whole(path) as unfinished, _named_by_the_disk():
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(unfinished), options) as book:
            file = _XlsxFile(book)
            yield file.add
            file.end()
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
            lines = frame.to_json(orient="records", lines=True, force_ascii=False).rstrip("\n")
            file.write(next(separators) + lines.replace("\n", ",\n"))

        head = orjson.dumps({"store": store, "run_id": run_id, "made_at": utc_text(now)}).decode()
        file.write(head[:-1] + ',"mismatches":[')
        yield add
        file.write("\n]}\n")
