"""The mismatches row by row, however many there are, for the files beside the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Engine, Row

from loyalty_desk.card.emails import masked_name
from loyalty_desk.classes import ClassText, class_text
from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches.scores import REASON_WORDS
from loyalty_desk.mismatches.suggestions import Suggested, best_suggestions
from loyalty_desk.records import Outcome
from loyalty_desk.report.awards import load_awards
from loyalty_desk.report.data import iter_tickets_not_found
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

_ROWS_AT_ONCE: Final = 5_000
_ALL: Final = 2**31 - 1


class MismatchRow(NamedTuple):
    """One row of the files; its fields are their columns. Ids and times are text.

    Names are in the workbook alone. Who is named by an e-mail address has none there, and an id
    that is one is masked.
    """

    side: str
    id: str
    outcome: str
    since: str
    newest_ticket_id: int | None
    tickets: int
    what_to_do: str
    may_be_member: str | None
    score: float | None
    because: str | None
    needs_person: bool
    name: str | None = None
    may_be_name: str | None = None


COLUMNS: Final = (
    *("side", "id", "class", "since", "newest_ticket_id", "tickets", "what_to_do"),
    *("may_be_member", "score", "because"),
)
"""What the CSV and the JSON call the first fields."""
NUMBERS: Final = {"tickets": "int64", "score": "float64"}
"""Columns to count with, by pandas' type. An id is text: of 17 digits it would be rounded."""


def iter_mismatches(
    engine: Engine, store: str, now: datetime, min_score: float = 0
) -> Iterator[MismatchRow]:
    """Yield every mismatch of the store, as staging holds them now.

    One per customer without a member, then one per member without a customer, then one per ticket
    whose lookup found nobody, then one per award that was lately refused as nobody was found; the
    class `not_a_member` is left out.
    """
    with reading(engine) as connection:
        suggested = best_suggestions(connection, store, min_score)
    yield from _people(engine, store, suggested)
    with reading(engine) as connection:
        streaming = connection.execution_options(yield_per=_ROWS_AT_ONCE)
        for ticket in iter_tickets_not_found(streaming, store, _ALL):
            yield _row(
                side="ticket",
                id=str(ticket.ticket_id),
                outcome=ticket.outcome,
                since=utc_text(ticket.since),
                newest_ticket_id=ticket.ticket_id,
                tickets=1,
                text=class_text("customer", ticket.outcome),
            )
    not_found = Outcome.CUSTOMER_NOT_FOUND.value
    with reading(engine) as connection:
        awards = load_awards(connection, store, now, most=_ALL, detail=not_found)
    for award in awards.rows:
        yield _row(
            side="award",
            id=award.award_id,
            outcome=not_found,
            since=utc_text(award.settled_at),
            newest_ticket_id=award.ticket_id,
            tickets=0 if award.ticket_id is None else 1,
            text=award.text,
        )


def _people(
    engine: Engine, store: str, suggested: Mapping[int, Suggested]
) -> Iterator[MismatchRow]:
    for name in (
        "report/mismatches/select_mismatched_customers",
        "report/mismatches/select_mismatched_members",
    ):
        with reading(engine) as connection:
            streaming = connection.execution_options(yield_per=_ROWS_AT_ONCE)
            for row in streaming.execute(statement(name), {"store": store}):
                is_customer = row.side == "customer"
                yield _row(
                    side=row.side,
                    id=masked_name(str(row.subject_id)),
                    outcome=row.outcome,
                    since=row.since_utc,
                    newest_ticket_id=row.newest_ticket_id,
                    tickets=row.ticket_count or 0,
                    text=class_text(row.side, row.outcome),
                    name=_name(row),
                    found=suggested.get(row.subject_id) if is_customer else None,
                )


def _name(row: Row[Any]) -> str | None:
    """A customer has a name, that of a member is on the card."""
    told = row.customer_name if row.card is None else orjson.loads(row.card).get("name")
    return shown_name(told)


def shown_name(name: str | None) -> str | None:
    """The name; None for an e-mail address, which stays out of files that are mailed."""
    return None if not name or "@" in name else name


def _row(
    *,
    text: ClassText,
    found: Suggested | None = None,
    name: str | None = None,
    **from_staging: Any,
) -> MismatchRow:
    """A row: its first fields are `from_staging`."""
    return MismatchRow(
        **from_staging,
        what_to_do=text.what_to_do,
        may_be_member=masked_name(found.member_id) if found else None,
        score=found.score if found else None,
        because="; ".join(REASON_WORDS[one] for one in found.reasons) if found else None,
        needs_person=text.needs_person,
        name=name,
        may_be_name=shown_name(found.name) if found else None,
    )
