"""Tables as a workbook of Excel, or as CSV; neither runs what somebody wrote as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from loyalty_desk.goodwill.table import Column, Kind, Linked, Table
from loyalty_desk.spreadsheets import DIGITS_KEPT, csv_cell

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False}
"""Of each workbook, with how it is kept."""
MOST_ROWS: Final = 1_000_000
"""Excel opens 1,048,576 rows of a sheet; of what is more it says how much that is."""
MOST_LINKS: Final = 65_530
"""Excel opens no sheet with more; what is further down is text."""
MOST_OF_LINK: Final = 2_079
"""Characters of one: Excel takes no more, and what writes for it would leave the cell out."""
_HEAD: Final = 4
"""Rows above the first: the title, what to know, a gap, the columns' names."""
_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.MONEY: "#,##0.00",
    Kind.SHARE: "0.0%",
    Kind.RATE: "0.00",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}
_WIDE, _NARROW, _WIDEST = 24, 14, 60


class Sheet:
    """One sheet of a workbook, row after row, as one in bounded memory needs it.

    Below the title stand a note, the columns' names and the rows. A text is text, whatever it
    begins with; ids are texts, as a spreadsheet rounds those that are long. Numbers, days and times
    are what they are; times are those of the `zone`.
    """

    def __init__(
        self,
        book: Workbook,
        name: str,
        title: str,
        columns: Sequence[Column],
        *,
        note: str = "",
        zone: str = "UTC",
        widths: Sequence[int] = (),
    ) -> None:
        self._sheet: Worksheet = book.add_worksheet(name)
        self._columns, self._zone = columns, ZoneInfo(zone)
        self._count = self._left = self._links = 0
        self._formats = {kind: book.add_format({"num_format": _FORMATS[kind]}) for kind in _FORMATS}
        bold = book.add_format({"bold": True})
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self._sheet.write_string(0, 0, title, bold)
        self._sheet.write_string(1, 0, note)
        for place, column in enumerate(columns):
            width = widths[place] if widths else max(_NARROW, len(column.title) + 2)
            self._sheet.set_column(place, place, width)
            self._sheet.write_string(_HEAD - 1, place, column.title, bold)
        self._sheet.freeze_panes(_HEAD, 1)

    @property
    def name(self) -> str:
        return str(self._sheet.get_name())

    @property
    def rows(self) -> int:
        """How many were added, also beyond what Excel opens."""
        return self._count + self._left

    def add(self, cells: Sequence[Any]) -> None:
        """Add a row: a cell for each column, None in a gap."""
        if self._count == MOST_ROWS:
            self._left += 1
            return
        number = _HEAD + self._count
        self._count += 1
        for place, (cell, column) in enumerate(zip(cells, self._columns, strict=True)):
            if cell is not None:
                self._write(number, place, cell, column.kind)

    def end(self, more: str = "") -> None:
        """Have the rows filtered by their columns; `more` says where those are that are left."""
        if self._left:
            says = f"and {self._left:,} more: Excel opens no more rows{more}"
            self._sheet.write_string(_HEAD + self._count, 0, says)
        last = _HEAD - 1 + max(1, self._count)
        self._sheet.autofilter(_HEAD - 1, 0, last, len(self._columns) - 1)

    def _write(self, row: int, place: int, cell: Any, kind: Kind) -> None:
        if isinstance(cell, Linked):
            self._write_link(row, place, cell)
        elif isinstance(cell, datetime):
            local = cell.astimezone(self._zone).replace(tzinfo=None)
            self._sheet.write_datetime(row, place, local, self._formats[kind])
        elif isinstance(cell, date):
            self._sheet.write_datetime(row, place, cell, self._formats[kind])
        elif kind is Kind.TEXT or (isinstance(cell, int) and len(str(cell)) > DIGITS_KEPT):
            self._sheet.write_string(row, place, str(cell))
        else:
            is_whole = isinstance(cell, Decimal) and cell.as_tuple().exponent == 0
            form = self._formats[Kind.COUNT if is_whole else kind]
            self._sheet.write_number(row, place, float(cell), form)

    def _write_link(self, row: int, place: int, cell: Linked) -> None:
        address = cell.address or ""
        if not 0 < len(address) <= MOST_OF_LINK or self._links == MOST_LINKS:
            self._sheet.write_string(row, place, cell.text)
            return
        self._links += 1
        self._sheet.write_url(row, place, address, string=cell.text)


def workbook_of(tables: Iterable[Table]) -> bytes:
    """All tables, a sheet each."""
    import xlsxwriter  # noqa: PLC0415 - only where a file is written

    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, **OPTIONS}) as book:
        for table in tables:
            add_sheet(book, table)
    return target.getvalue()


def add_sheet(book: Workbook, table: Table) -> None:
    """Add a table to a workbook."""
    widths = [_width(table.rows, *one) for one in enumerate(table.columns)]
    sheet = Sheet(
        book, table.key.capitalize(), table.title, table.columns, note=table.note, widths=widths
    )
    for row in table.rows:
        sheet.add([_cell(*one) for one in zip(row, table.columns, strict=True)])
    sheet.end()


def _cell(value: Any, column: Column) -> Any:
    """A day is told as text, as pages show it."""
    is_day = column.kind is Kind.DAY and value is not None
    return date.fromisoformat(value) if is_day else value


def _width(rows: Sequence[Sequence[Any]], place: int, column: Column) -> int:
    if column.kind is not Kind.TEXT:
        return max(_NARROW, len(column.title) + 2)
    return min(
        _WIDEST, max([_WIDE if place == 0 else _NARROW, *(len(str(row[place])) for row in rows)])
    )


def csv_of(table: Table) -> str:
    """One table in RFC 4180, with a byte order mark as spreadsheets expect."""
    target = StringIO()
    target.write("\ufeff")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        cells = [_cell(*one) for one in zip(row, table.columns, strict=True)]
        writer.writerow(map(csv_cell, cells))
    return target.getvalue()
