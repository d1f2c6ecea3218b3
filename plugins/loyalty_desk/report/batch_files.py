"""What became of a batch as a file: CSV for machines, a workbook with the sums for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from loyalty_desk.awards.batch_results import Outcome, Sum
from loyalty_desk.elsewhere import NOWHERE, Elsewhere
from loyalty_desk.goodwill.table import Column, Kind, Linked
from loyalty_desk.report.sheets import OPTIONS, Sheet
from loyalty_desk.spreadsheets import csv_cell

COLUMNS: Final = (
    *("ticket", "tickets", "customer", "member", "email", "result", "why"),
    *("asked", "booked", "unit", "award", "not_taken_back"),
)
_EVERYBODY: Final = (
    *(Column("Ticket", Kind.TEXT), Column("Tickets"), Column("Customer", Kind.TEXT)),
    *(Column("Member", Kind.TEXT), Column("E-mail", Kind.TEXT), Column("Result", Kind.TEXT)),
    *(Column("Why", Kind.TEXT), Column("Asked for", Kind.MONEY), Column("Booked", Kind.MONEY)),
    *(Column("Unit", Kind.TEXT), Column("Award", Kind.TEXT)),
    Column("Not taken back, as", Kind.TEXT),
)
_WIDTHS: Final = (12, 8, 14, 18, 30, 24, 40, 12, 12, 10, 38, 60)
_SUMS: Final = (
    *(Column("Result", Kind.TEXT), Column("People"), Column("Tickets")),
    *(Column("Asked for", Kind.MONEY), Column("Booked", Kind.MONEY), Column("Unit", Kind.TEXT)),
)
_NARROW: Final = (10, 10, 12, 12, 10)


def as_csv(outcomes: Sequence[Outcome]) -> bytes:
    """RFC 4180 in UTF-8 with a byte order mark, as spreadsheets expect."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in outcomes:
        writer.writerow(map(csv_cell, _cells(one)))
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(
    outcomes: Sequence[Outcome], sums: Sequence[Sum], elsewhere: Elsewhere = NOWHERE
) -> bytes:
    """A sheet of the sums, which ends with the whole, and a sheet of everybody."""
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is written

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **OPTIONS}) as book:
        sheet = Sheet(book, "Sums", "What became of everybody", _SUMS, widths=(24, *_NARROW))
        for one in sums:
            amounts = (one.asked, one.booked, one.unit) if one.unit else (None, None, None)
            sheet.add((one.result, one.people, one.tickets, *amounts))
        for total in _totals(sums):
            sheet.add(total)
        sheet = Sheet(book, "Everybody", "Everybody, by their ticket", _EVERYBODY, widths=_WIDTHS)
        for outcome in outcomes:
            sheet.add(_row(outcome, elsewhere))
        sheet.end()
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
        one.not_taken_back,
    )


def _row(one: Outcome, elsewhere: Elsewhere) -> tuple[object, ...]:
    """The same for people: what is named leads to where it is."""
    is_award = one.unit is not None
    return (
        _linked(one.ticket_id, elsewhere.ticket(one.ticket_id)),
        one.tickets,
        _linked(one.customer_id, elsewhere.customer(one.customer_id)),
        _linked(one.member_id, elsewhere.member(one.member_id)),
        *(one.email, str(one.result), _why(one.why)),
        *((one.asked, one.booked, one.unit) if is_award else (None, None, None)),
        _linked(one.award_id, elsewhere.award(one.award_id)),
        one.not_taken_back,
    )


def _why(why: str | None) -> str | None:
    """A sentence as it is, and one of our codes in words."""
    return why if why is None or " " in why else why.replace("_", " ")


def _linked(name: int | str | None, address: str | None) -> Linked | None:
    return None if name is None else Linked(str(name), address)
