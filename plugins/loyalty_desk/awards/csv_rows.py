"""Rows of a file of awards: which columns, on which line. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from loyalty_desk import spreadsheets

_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*").fullmatch


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
    columns: list[str] | None = None
    for line, cells in spreadsheets.iter_rows(io.StringIO(text, newline=""), _is_row):
        if columns is None:
            columns = _read_columns(cells, known)
        else:
            yield line, _by_column(columns, cells)
    if columns is None:
        raise ColumnsError


def _is_row(cells: Mapping[str, str]) -> bool:
    """Whether a line inside of a cell awards something itself."""
    amounts = (cell for name, cell in cells.items() if _spelled(name) == "amount")
    return any(_NUMBER(cell.strip()) for cell in amounts)


def _spelled(name: str) -> str:
    """The name of a column however it is spelled."""
    return "_".join(name.casefold().replace("_", " ").split())


def _read_columns(cells: Sequence[str], known: Collection[str]) -> list[str]:
    """The names of the columns; empty for a blank column."""
    columns = [_spelled(cell) for cell in cells]
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
    return {column: spreadsheets.unguarded(cell) for column, cell in pairs if column and cell}
