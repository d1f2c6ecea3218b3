"""Files and cells as spreadsheets save them: separators, rows, ids that were made numbers. Pure.

The one way in for every file of rows that people make, members and awards; and what a cell of every
CSV of ours holds.

Never: an import of ours.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Final

SEPARATORS: Final = (",", ";", "\t")
_SEPARATOR_LINE: Final = re.compile(
    r'\s*"?sep=([,;\t|])"?[ ,;|]*(?:\r\n|\r|\n)?', re.IGNORECASE
).fullmatch
_BYTE_ORDER_MARK: Final = "\ufeff"
_NUMBER_OR_ERROR: Final = re.compile(
    r"[0-9]+[.,]0+|[0-9]+([.,][0-9]+)?E\+[0-9]+|##+|#N/[A-Z]+|#NV|#[A-Z0-9/]+[!?]", re.IGNORECASE
).fullmatch
MADE_A_NUMBER: Final = (
    "a spreadsheet made a number of it, and digits may be lost; format the column as text and "
    "fill it in again"
)

_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER_OR_DAY: Final = re.compile(
    r"(?:[0-9\s.,:/'$€£¥%()+e-]"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*+|[ap]m)+",
    re.IGNORECASE,
).fullmatch
"""What a number, an amount, a day or a time of day may be made of; some digit beside."""
_DIGIT: Final = re.compile("[0-9]").search
_KEPT_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}").fullmatch
_GUARD: Final = "'"
"""Before a text in a CSV, as nothing else keeps a spreadsheet from reading it as something else."""

DIGITS_KEPT: Final = 15
"""A spreadsheet keeps no more of a number, and writes zeros in place of the rest."""
ENOUGH: Final = 5
"""So many long ids do not all end in zeros by chance."""

IsRow = Callable[[Mapping[str, str]], bool]
"""Whether cells, by the names of their columns, look like a row of their own."""


def is_spoiled(cell: str) -> bool:
    """Whether that is what Excel and the like make of an id in a column that is not text."""
    return _NUMBER_OR_ERROR(cell) is not None


def csv_cell(value: object) -> str:
    """A cell of a CSV: a number and a day as they are, nothing in a gap, and everything else as
    text that stays what it is.
    """
    match value:
        case None:
            return ""
        case int() if len(str(value)) > DIGITS_KEPT:  # an id, as no amount is that large
            return guarded(str(value))
        case int() | float() | Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return guarded(str(value))


def guarded(text: str) -> str:
    """A text as a cell of a CSV that no spreadsheet runs as a formula, or writes as another number
    or a day: `007`, an id of 19 digits, `1E5`.
    """
    is_at_risk = text.startswith(_STARTS_FORMULA) or _is_rewritten(text)
    return f"{_GUARD}{text}" if is_at_risk else text


def _is_rewritten(text: str) -> bool:
    if text.upper() in {"TRUE", "FALSE"}:
        return True
    return bool(_NUMBER_OR_DAY(text) and _DIGIT(text)) and _KEPT_NUMBER(text) is None


def unguarded(cell: str) -> str:
    """What a cell held before it was guarded; somebody may have copied it from a file of ours."""
    text = cell.removeprefix(_GUARD)
    return text if guarded(text) == cell else cell


class LongIds:
    """The ids of a column that have more digits than a spreadsheet keeps."""

    def __init__(self) -> None:
        self._seen = self._rounded = 0

    def see(self, cell: str) -> None:
        digits = cell.strip()
        if len(digits) > DIGITS_KEPT and digits.isdecimal():
            self._seen += 1
            self._rounded += not digits[DIGITS_KEPT:].strip("0")

    @property
    def are_rounded(self) -> bool:
        """Whether all of them are, and people share an id by now."""
        return self._seen >= ENOUGH and self._rounded == self._seen


def iter_rows(
    lines: Iterable[str], is_row: IsRow, separator: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which a row begins, and its cells; the first has the columns' names.

    Blank rows are left out, and Excel's own `sep=;` line. Where it is missing and no `separator` is
    given, the first line that says something tells. `lines` keep their ends as they are.

    Raises:
        csv.Error: the file is no CSV, or an open quote took in other rows, which `is_row` tells;
            its first argument begins with the line.
    """
    counted = _Lines(lines)
    found = counted.skip_to_names(separator)
    names: list[str] | None = None
    reader = csv.reader(counted, delimiter=found, strict=True)
    try:
        for cells in reader:
            if len(counted.row) > 1:
                _check_quotes(counted, found, names or cells, is_row)
            line, counted.row = counted.first, []
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = [cell.strip() for cell in cells]
                yield line, names
            else:
                yield line, cells
    except csv.Error as error:
        if counted.first == counted.number:
            raise csv.Error(f"line {counted.number}: {error}") from None
        begins = f"in a row that begins in line {counted.first}"
        raise csv.Error(f"line {counted.number}: {error}, {begins}") from None


def _check_quotes(lines: _Lines, separator: str, names: Sequence[str], is_row: IsRow) -> None:
    """A cell may have lines of its own, but none that is a row by itself."""
    for line in lines.row[1:]:
        cells = next(csv.reader([line], delimiter=separator), [])
        if len(cells) == len(names) and is_row(dict(zip(names, cells, strict=True))):
            raise csv.Error("a quote that is not closed takes in another row")


class _Lines:
    """Lines one by one: the `number` of the last, and those of the `row` that is being read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = 0
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.row.append(line)
        return line

    @property
    def first(self) -> int:
        """The number of the row's first line."""
        return self.number - max(len(self.row), 1) + 1

    def skip_to_names(self, separator: str | None) -> str:
        """The separator; the next line is that of the names. No name of a column holds one."""
        found = separator or ","
        for line in self:
            text = line.removeprefix(_BYTE_ORDER_MARK) if self.number == 1 else line
            if told := _SEPARATOR_LINE(text):
                found = told[1]
                break
            if text.strip(" \t\r\n,;"):
                found = separator or max(SEPARATORS, key=text.count)
                self._lines, self.number = chain([text], self._lines), self.number - 1
                break
        self.row = []
        return found
