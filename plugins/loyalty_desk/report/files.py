"""The mismatches as files, written in one pass: CSV and JSON of all, XLSX of what needs somebody.

Each file appears whole or not at all, and none runs a formula that somebody wrote into a name.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from loyalty_desk.clock import utc_text
from loyalty_desk.report.rows import COLUMNS, NUMBERS, WIDTHS, MismatchRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

CSV, XLSX, JSON = "mismatches.csv", "mismatches.xlsx", "mismatches.json"
MOST_SHEET_ROWS: Final = 1_000_000
"""A sheet holds 1,048,576 rows; what is more goes on in another one."""
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class _File(Protocol):
    def add(self, row: MismatchRow) -> None: ...


def write_files(
    rows: Iterable[MismatchRow], out_dir: Path, *, store: str, run_id: str, now: datetime
) -> int:
    """Write the three files into `out_dir`; returns how many rows there are."""
    count = 0
    with ExitStack() as stack:
        files: list[_File] = [
            stack.enter_context(_csv(out_dir / CSV)),
            stack.enter_context(_xlsx(out_dir / XLSX)),
            stack.enter_context(_json(out_dir / JSON, store, run_id, now)),
        ]
        for row in rows:
            for file in files:
                file.add(row)
            count += 1
    return count


def neutral(value: object) -> str:
    """The cell as text that no spreadsheet runs as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write that takes its name when it is finished."""
    unfinished = path.with_name(f".{path.name}")
    yield unfinished
    unfinished.replace(path)


class _CsvFile:
    """RFC 4180 in UTF-8 with a byte order mark, as spreadsheets expect."""

    def __init__(self, file: Any) -> None:
        self._writer = csv.writer(file, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def add(self, row: MismatchRow) -> None:
        self._writer.writerow([neutral(value) for value in row[: len(COLUMNS)]])


@contextmanager
def _csv(path: Path) -> Iterator[_CsvFile]:
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        yield _CsvFile(file)


class _XlsxFile:
    """What needs somebody, in bounded memory; text is text, whatever it begins with."""

    def __init__(self, book: Workbook) -> None:
        self._book, self._bold = book, book.add_format({"bold": True})
        self._sheet, self._next = self._new_sheet(), 1

    def add(self, row: MismatchRow) -> None:
        if not row.needs_person:
            return
        if self._next > MOST_SHEET_ROWS:
            self._end_sheet()
            self._sheet, self._next = self._new_sheet(), 1
        for column, (name, value) in enumerate(zip(COLUMNS, row, strict=False)):
            if value is None:
                continue
            if name in NUMBERS:
                self._sheet.write_number(self._next, column, value)
            else:
                self._sheet.write_string(self._next, column, str(value))
        self._next += 1

    def end(self) -> None:
        self._end_sheet()

    def _new_sheet(self) -> Worksheet:
        number = len(self._book.worksheets()) + 1
        sheet = self._book.add_worksheet("Mismatches" if number == 1 else f"Mismatches {number}")
        sheet.freeze_panes(1, 0)
        for column, (name, width) in enumerate(WIDTHS.items()):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, self._bold)
        return sheet

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, max(1, self._next - 1), len(COLUMNS) - 1)


@contextmanager
def _xlsx(path: Path) -> Iterator[_XlsxFile]:
    import xlsxwriter  # noqa: PLC0415 - only where a report is written

    with whole(path) as unfinished:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(unfinished), options) as book:
            file = _XlsxFile(book)
            yield file
            file.end()


class _JsonFile:
    """One object with all rows in `mismatches`, a line each."""

    def __init__(self, file: Any) -> None:
        self._file, self._is_first = file, True

    def add(self, row: MismatchRow) -> None:
        self._file.write(b"\n" if self._is_first else b",\n")
        self._is_first = False
        names = (*COLUMNS, "needs_person")
        self._file.write(orjson.dumps(dict(zip(names, row, strict=True))))


@contextmanager
def _json(path: Path, store: str, run_id: str, now: datetime) -> Iterator[_JsonFile]:
    with whole(path) as unfinished, unfinished.open("wb") as file:
        head = orjson.dumps({"store": store, "run_id": run_id, "made_at": utc_text(now)})
        file.write(head[:-1] + b',"mismatches":[')
        yield _JsonFile(file)
        file.write(b"\n]}\n")
