"""What became of a batch as a file: CSV for machines, a workbook with the sums for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from loyalty_desk.awards.batch_results import Outcome, Sum
from loyalty_desk.spreadsheets import guarded

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

COLUMNS: Final = (
    *("ticket", "tickets", "customer", "member", "email", "result", "why"),
    *("asked", "booked", "unit", "award"),
)
SUM_COLUMNS: Final = ("result", "people", "tickets", "asked", "booked", "unit")
_WIDTHS: Final = (12, 8, 12, 16, 30, 24, 40, 10, 10, 8, 36)
_MOST_DIGITS: Final = 15
"""A spreadsheet rounds a longer number."""


def as_csv(outcomes: Sequence[Outcome]) -> bytes:
    """RFC 4180 in UTF-8 with a byte order mark, as spreadsheets expect."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in outcomes:
        writer.writerow([_neutral(cell) for cell in _cells(one)])
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(outcomes: Sequence[Outcome], sums: Sequence[Sum]) -> bytes:
    """A sheet of the sums, which ends with the whole, and a sheet of everybody."""
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is written

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Sums")
        rows = [
            (one.result, one.people, one.tickets, one.asked, one.booked, one.unit) for one in sums
        ]
        _write(sheet, SUM_COLUMNS, (24, 10, 10, 12, 12, 8), [*rows, *_totals(sums)], bold)
        sheet = book.add_worksheet("Everybody")
        _write(sheet, COLUMNS, _WIDTHS, [_cells(one) for one in outcomes], bold)
        sheet.autofilter(0, 0, max(1, len(outcomes)), len(COLUMNS) - 1)
    return content.getvalue()


def _totals(sums: Sequence[Sum]) -> list[tuple[object, ...]]:
    """Everybody in one line; what was asked for and booked in a line for each unit."""
    people, tickets = sum(one.people for one in sums), sum(one.tickets for one in sums)
    totals: list[tuple[object, ...]] = [("All", people, tickets, None, None, None)]
    for unit in dict.fromkeys(one.unit for one in sums if one.unit):
        some = [one for one in sums if one.unit == unit]
        asked = sum((one.asked for one in some), Decimal(0))
        booked = sum((one.booked for one in some), Decimal(0))
        totals.append((f"All {unit}", None, None, asked, booked, unit))
    return totals


def _cells(one: Outcome) -> tuple[object, ...]:
    return (
        *(one.ticket_id, one.tickets, one.customer_id, one.member_id, one.email),
        *(str(one.result), one.why, one.asked, one.booked, one.unit, one.award_id),
    )


def _neutral(cell: object) -> str:
    if cell is None:
        return ""
    return guarded(cell) if isinstance(cell, str) else str(cell)


def _write(
    sheet: Worksheet,
    columns: Sequence[str],
    widths: Sequence[int],
    rows: Sequence[Sequence[object]],
    bold: Format,
) -> None:
    sheet.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, int | Decimal) and len(str(cell)) <= _MOST_DIGITS:
                sheet.write_number(number, column, float(cell))
            elif cell is not None:
                sheet.write_string(number, column, str(cell))
