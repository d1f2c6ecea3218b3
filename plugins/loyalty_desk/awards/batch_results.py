"""What became of everybody in a batch, and what it comes to. The sums add up to the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.incidents.fates import WORDS, Fate
from loyalty_desk.awards.not_taken_back import (
    Standing,
    TakingBack,
    find_standing,
    load_taking_back,
)
from loyalty_desk.awards.policy import from_parts
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging.statements import statement


class Result(StrEnum):
    """What became of an award, in one word that a manager understands."""

    BOOKED = "Booked"
    TAKEN_BACK = "Taken back"
    TO_BE_TAKEN_BACK = "Booked, to be taken back"
    UNDER_WAY = "Under way"
    WAITS = "Waits for approval"
    PERHAPS = "Perhaps booked"
    REFUSED = "Refused"
    REJECTED = "Rejected"


_OF_STATE: Final[Mapping[str, Result]] = {
    AwardState.APPLIED: Result.BOOKED,
    AwardState.UNKNOWN: Result.PERHAPS,
    AwardState.NEEDS_APPROVAL: Result.WAITS,
    AwardState.REFUSED: Result.REFUSED,
    AwardState.REJECTED: Result.REJECTED,
}
UNSETTLED: Final = frozenset({Result.UNDER_WAY, Result.WAITS})
_STANDS: Final = frozenset({Result.BOOKED, Result.TO_BE_TAKEN_BACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One person of a batch, or one award of a file. `tickets` is 0 where no tickets were chosen.

    `asked` and `booked` are in points or credits; `booked` is what stands now. `not_taken_back` is
    why it is not, and what to do; `can_be_taken_back` is whether that can do something still.
    """

    ticket_id: int | None
    tickets: int
    customer_id: int | None
    member_id: str | None
    email: str | None
    result: str
    why: str | None
    asked: Decimal
    booked: Decimal
    unit: str | None
    award_id: str | None
    not_taken_back: str | None = None
    can_be_taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Everybody with one result, in one unit; of who has no award it is None."""

    result: str
    people: int
    tickets: int
    asked: Decimal
    booked: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everybody of a batch by their ticket, and whether somebody asked to take it back."""

    everybody: list[Outcome]
    was_asked_back: bool


def load_results(connection: Connection, store: str, batch_id: str) -> Results:
    binds = {"store": store, "batch_id": batch_id}
    rows = connection.execute(statement("awards/reading/select_batch_results"), binds).all()
    batch = load_taking_back(connection, store, batch_id, rows)
    found = [_read(row, batch) for row in rows]
    return Results(
        everybody=sorted(found, key=lambda one: (one.ticket_id or 0, one.award_id or "")),
        was_asked_back=batch.was_asked_for,
    )


def load_outcomes(connection: Connection, store: str, batch_id: str) -> list[Outcome]:
    """Everybody, by their ticket."""
    return load_results(connection, store, batch_id).everybody


def _read(row: Row[Any], batch: TakingBack) -> Outcome:
    result = _result(row)
    standing = find_standing(row, batch) if row.award_id else Standing()
    amount = from_parts(row.amount, Unit(row.unit)) if row.unit else Decimal(0)
    return Outcome(
        ticket_id=row.ticket_id,
        tickets=row.tickets or 0,
        customer_id=row.customer_id,
        member_id=row.member_id,
        email=row.email,
        result=result,
        why=row.detail if row.award_id else row.fate_detail,
        asked=amount,
        booked=amount if result in _STANDS else Decimal(0),
        unit=row.unit,
        award_id=row.award_id,
        not_taken_back=standing.why_not,
        can_be_taken_back=standing.can_be,
    )


def _result(row: Row[Any]) -> str:
    if row.state is None:
        return WORDS[Fate(row.fate)][0]
    if row.state == AwardState.APPLIED and row.reversal_state is not None:
        is_back = row.reversal_state == AwardState.APPLIED
        return Result.TAKEN_BACK if is_back else Result.TO_BE_TAKEN_BACK
    return _OF_STATE.get(row.state, Result.UNDER_WAY)


def sum_up(outcomes: Iterable[Outcome]) -> list[Sum]:
    """How many came to which end; awards first, in the order of `Result`, then who has none."""
    found: dict[tuple[str, str | None], list[Outcome]] = {}
    for one in outcomes:
        found.setdefault((one.result, one.unit), []).append(one)
    order = [*Result, *(words for words, _ in WORDS.values())]
    return [
        Sum(
            result=str(result),
            people=len(some),
            tickets=sum(one.tickets for one in some),
            asked=sum((one.asked for one in some), Decimal(0)),
            booked=sum((one.booked for one in some), Decimal(0)),
            unit=unit,
        )
        for (result, unit), some in sorted(
            found.items(), key=lambda item: (order.index(item[0][0]), item[0][1] or "")
        )
    ]
