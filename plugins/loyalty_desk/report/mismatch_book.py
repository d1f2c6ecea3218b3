"""The workbook of mismatches: what needs somebody, a sheet for each class, in words.

Beside the ids stand names, so that people are found by who they are, and no e-mail address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from loyalty_desk.classes import CLASSES, class_text
from loyalty_desk.clock import parse_utc
from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.goodwill.table import Column, Kind, Linked
from loyalty_desk.report.mismatch_rows import MismatchRow
from loyalty_desk.report.sheets import Sheet
from loyalty_desk.report.shown import Shown

if TYPE_CHECKING:
    from xlsxwriter import Workbook

OVERVIEW: Final = "Overview"
_ELSEWHERE: Final = ", all are in the CSV"
_SETTLE: Final = "Settle"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What a sheet says of each row. `columns` are titles, kinds and widths."""

    columns: tuple[tuple[str, Kind, int], ...]
    cells: Callable[[MismatchRow, Elsewhere], tuple[Any, ...]]


class MismatchBook:
    """Rows in whichever order, each on the sheet of its class; `end` counts them on the first."""

    def __init__(self, book: Workbook, shown: Shown) -> None:
        self._book, self._shown = book, shown
        self._sheets: dict[str, Sheet] = {}
        self._overview = Sheet(
            book,
            OVERVIEW,
            "What needs somebody",
            [Column("Class", Kind.TEXT), Column("Rows"), Column("What to do", Kind.TEXT)],
            note=f"A sheet for each class. Times are those of {shown.zone}.",
            widths=(34, 10, 90),
        )

    def add(self, row: MismatchRow) -> None:
        name = sheet_name(row.side, row.outcome)
        if name not in self._sheets:
            self._sheets[name] = self._make(name, row)
        self._sheets[name].add(_LAYOUTS[row.side].cells(row, self._shown.elsewhere))

    def end(self) -> None:
        for name, to_do in _TO_DO.items():
            if sheet := self._sheets.get(name):
                sheet.end(_ELSEWHERE)
                self._overview.add((Linked(name, f"internal:'{name}'!A1"), sheet.rows, to_do))
        self._overview.end()

    def _make(self, name: str, row: MismatchRow) -> Sheet:
        columns = _LAYOUTS[row.side].columns
        zoned = {Kind.MOMENT: f" ({self._shown.zone})"}
        return Sheet(
            self._book,
            name,
            name,
            [Column(f"{title}{zoned.get(kind, '')}", kind) for title, kind, _ in columns],
            note=_TO_DO[name],
            zone=self._shown.zone,
            widths=[width for *_, width in columns],
        )


def sheet_name(side: str, outcome: str) -> str:
    """A sheet's name: customers and members have one for each class."""
    if side not in {"customer", "member"}:
        return _OTHERS[side][0]
    title = class_text(side, outcome).title
    return title if side == "customer" else f"{title} (members)"


def _customer(row: MismatchRow, elsewhere: Elsewhere) -> tuple[Any, ...]:
    may_be = row.may_be_member
    return (
        *(Linked(row.id, elsewhere.customer(row.id)), row.name, parse_utc(row.since)),
        *(_ticket(row, elsewhere), row.tickets),
        None if may_be is None else Linked(may_be, elsewhere.member(may_be)),
        *(row.may_be_name, row.score, row.because),
        _settle(elsewhere.mismatch("customer", row.id)),
    )


def _member(row: MismatchRow, elsewhere: Elsewhere) -> tuple[Any, ...]:
    return (
        *(Linked(row.id, elsewhere.member(row.id)), row.name, parse_utc(row.since)),
        _settle(elsewhere.mismatch("member", row.id)),
    )


def _lookup(row: MismatchRow, elsewhere: Elsewhere) -> tuple[Any, ...]:
    title = class_text("customer", row.outcome).title
    return (_ticket(row, elsewhere), title, parse_utc(row.since), row.what_to_do)


def _award(row: MismatchRow, elsewhere: Elsewhere) -> tuple[Any, ...]:
    award = Linked(row.id, elsewhere.award(row.id))
    return (award, parse_utc(row.since), _ticket(row, elsewhere), row.what_to_do)


def _ticket(row: MismatchRow, elsewhere: Elsewhere) -> Linked | None:
    ticket_id = row.newest_ticket_id
    return None if ticket_id is None else Linked(str(ticket_id), elsewhere.ticket(ticket_id))


def _settle(address: str | None) -> Linked | None:
    return None if address is None else Linked(_SETTLE, address)


_SINCE: Final = ("Since", Kind.MOMENT, 24)
_LAYOUTS: Final = {
    "customer": _Layout(
        columns=(
            *(("Customer", Kind.TEXT, 18), ("Name", Kind.TEXT, 24), _SINCE),
            *(("Newest ticket", Kind.TEXT, 16), ("Recent tickets", Kind.COUNT, 14)),
            *(("May be member", Kind.TEXT, 22), ("The member's name", Kind.TEXT, 24)),
            *(("How sure", Kind.SHARE, 10), ("Because", Kind.TEXT, 44)),
            ("On the desk", Kind.TEXT, 12),
        ),
        cells=_customer,
    ),
    "member": _Layout(
        columns=(
            *(("Member", Kind.TEXT, 22), ("Name", Kind.TEXT, 24), _SINCE),
            ("On the desk", Kind.TEXT, 12),
        ),
        cells=_member,
    ),
    "ticket": _Layout(
        columns=(
            *(("Ticket", Kind.TEXT, 16), ("Why", Kind.TEXT, 26), _SINCE),
            ("What to do", Kind.TEXT, 80),
        ),
        cells=_lookup,
    ),
    "award": _Layout(
        columns=(
            *(("Award", Kind.TEXT, 38), ("Refused", Kind.MOMENT, 24)),
            *(("Ticket", Kind.TEXT, 16), ("What to do", Kind.TEXT, 80)),
        ),
        cells=_award,
    ),
}
_OTHERS: Final = {
    "ticket": ("Tickets", "Tickets on which the widget found nobody."),
    "award": ("Awards", "Awards that were refused, as nobody was found."),
}
"""Rows that are no people: the name of their sheet, and what they are."""
_TO_DO: Final = {
    **{
        sheet_name(side, outcome): text.what_to_do
        for outcome, texts in CLASSES.items()
        for side, text in (("customer", texts.customer), ("member", texts.member))
        if text is not None and text.needs_person
    },
    **dict(_OTHERS.values()),
}
"""What to do with the rows of each sheet, in the order of the overview."""
