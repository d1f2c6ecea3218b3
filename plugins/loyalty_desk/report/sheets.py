"""Tables as a workbook of Excel, or as CSV; neither runs what somebody wrote as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Final

from loyalty_desk.goodwill.table import Column, Kind, Table
from loyalty_desk.spreadsheets import guarded

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.MONEY: "#,##0.00",
    Kind.SHARE: "0.0%",
    Kind.RATE: "0.00",
}
_WIDE, _NARROW, _WIDEST = 24, 14, 60


def workbook_of(tables: Iterable[Table]) -> bytes:
    """All tables, a sheet each, below title, note and names of columns; numbers are numbers."""
    import xlsxwriter  # noqa: PLC0415 - only where a file is written

    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        for table in tables:
            add_sheet(book, table)
    return target.getvalue()


def add_sheet(book: Workbook, table: Table) -> None:
    """Add a table to a workbook, row after row, as one in bounded memory needs it."""
    bold = book.add_format({"bold": True})
    formats = {kind: book.add_format({"num_format": one}) for kind, one in _FORMATS.items()}
    sheet = book.add_worksheet(table.key.capitalize())
    sheet.add_write_handler(str, braced_as_text)
    sheet.write_string(0, 0, table.title, bold)
    sheet.write_string(1, 0, table.note)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _width(table.rows, place, column))
        sheet.write_string(3, place, column.title, bold)
    for number, row in enumerate(table.rows, start=4):
        for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            if value is None:
                continue
            if column.kind is Kind.TEXT:
                sheet.write(number, place, str(value))
            else:
                is_whole = isinstance(value, Decimal) and value.as_tuple().exponent == 0
                kind = Kind.COUNT if is_whole else column.kind
                sheet.write_number(number, place, float(value), formats[kind])
    sheet.freeze_panes(4, 1)


def _width(rows: Sequence[Sequence[Any]], place: int, column: Column) -> int:
    if column.kind is not Kind.TEXT:
        return max(_NARROW, len(column.title) + 2)
    return min(_WIDEST, max([_WIDE if place == 0 else _NARROW, *(len(row[place]) for row in rows)]))


def csv_of(table: Table) -> str:
    """One table in RFC 4180, with a byte order mark as spreadsheets expect."""
    target = StringIO()
    target.write("\ufeff")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([column.title for column in table.columns])
    writer.writerows([neutral(value) for value in row] for row in table.rows)
    return target.getvalue()


def neutral(value: object) -> str:
    """The cell as text that no spreadsheet runs as a formula, or changes; a number stays one."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else str(value)


def braced_as_text(sheet: Worksheet, row: int, column: int, text: str, *form: Format) -> int | None:
    """Before XlsxWriter 3.3 a text in braces becomes the formula of a range, whatever one asks for.

    None leaves it to the sheet.
    """
    return sheet.write_string(row, column, text, *form) if text.startswith("{") else None
