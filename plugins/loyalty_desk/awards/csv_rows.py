"""Rows of a file as spreadsheets save it: which separator, which columns, on which line. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

SEPARATORS: Final = (",", ";", "\t")
_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=([,;\t])"?[ ,;]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")


class ColumnsError(ValueError):
    """The file does not begin with names of columns that are known, each once."""


class RowError(ValueError):
    """A row does not fit the columns."""


def iter_rows(text: str, known: Collection[str]) -> Iterator[tuple[int, dict[str, str] | RowError]]:
    """Yield the line on which a row begins, and its cells by column; blank rows are left out.

    Raises:
        ColumnsError: see there.
        csv.Error: the file is no CSV; its first argument begins with the line.
    """
    separator, start = _find_separator(text)
    lines = csv.reader(io.StringIO(text[start:], newline=""), delimiter=separator, strict=True)
    before = len(_LINE_BREAK.findall(text[:start]))
    columns: list[str] | None = None
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _read_columns(cells, known)
                continue
            # A quoted cell may have line breaks in it.
            breaks = sum(len(_LINE_BREAK.findall(cell)) for cell in cells)
            yield before + lines.line_num - breaks, _by_column(columns, cells)
    except csv.Error as error:
        raise csv.Error(f"line {before + lines.line_num}: {error}") from None
    if columns is None:
        raise ColumnsError


def _find_separator(text: str) -> tuple[str, int]:
    """The separator, and where the rows begin: Excel's own `sep=;` line is none.

    No name of a column holds a separator, so the first line that says something tells.
    """
    if told := _SEPARATOR_LINE.match(text):
        return told[1], told.end()
    lines = (line for line in io.StringIO(text) if line.strip(" \t\r\n,;"))
    first = next(islice(lines, 1), "")
    return max(SEPARATORS, key=first.count), 0


def _read_columns(cells: Sequence[str], known: Collection[str]) -> list[str]:
    """The names of the columns however they are spelled; empty for a blank column."""
    columns = ["_".join(cell.casefold().replace("_", " ").split()) for cell in cells]
    named = [column for column in columns if column]
    if not set(named) <= set(known) or len(set(named)) < len(named):
        raise ColumnsError
    return columns


def _by_column(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str] | RowError:
    if len(cells) > len(columns):
        return RowError("has more cells than the first line")
    pairs = list(zip(columns, cells, strict=False))
    if any(cell.strip() for column, cell in pairs if not column):
        return RowError("has a cell in a column without a name")
    return {column: cell for column, cell in pairs if column and cell}
