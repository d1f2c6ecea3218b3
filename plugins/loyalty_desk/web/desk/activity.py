"""A customer's movements and questions about an order, asked of the platform for this page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Row

from loyalty_desk.awards.ledger import marker_of
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup.asking import WAIT_S, NotToldError, asking_of
from loyalty_desk.lookup.orders import look_into, suspects_of
from loyalty_desk.lookup.problems import PROBLEMS, Problem
from loyalty_desk.lookup.why import Finding, Question
from loyalty_desk.lookup.why_words import day_text, sentence
from loyalty_desk.mismatches.searches import read_words
from loyalty_desk.records import Movement, MovementKind
from loyalty_desk.settings.stores_file import StoreSettings

MOST_SHOWN: Final = 25
KINDS: Final[Mapping[MovementKind, str]] = {
    MovementKind.ORDER: "Order",
    MovementKind.REWARD: "Reward",
    MovementKind.BY_HAND: "By hand",
    MovementKind.EXPIRY: "Expired",
    MovementKind.OTHER: "",
}
_MARKER: Final = re.compile(r"\s*\[?ld:[\w-]+\]?")
_WRONG_DAY: Final = "The day must be one such as 2026-11-03."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement in words. `award` is the award that it was booked by, if it was one of ours."""

    at_utc: str | None
    what: str
    detail: str
    points: str
    waits: str
    is_revoked: bool
    award: Row[Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementsView:
    """What the platform told, or the `problem`; `is_fault` where that is not how it always is."""

    lines: Sequence[Line] = ()
    unread: int = 0
    problem: str = ""
    is_fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyView:
    """The form as it was sent, and what was found out; `said` is empty before it is sent."""

    order: str = ""
    day: str = ""
    problem: str = ""
    said: Sequence[str] = ()


def read_movements(
    store: StoreSettings, member: Row[Any], awards: Iterable[Row[Any]], *, with_notes: bool
) -> MovementsView:
    """Ask for a member's last movements. Notes are for who sees addresses: they may hold one."""
    asking, deadline = asking_of(store), Deadline.after(WAIT_S)
    try:
        told = asking.movements(
            *(member.member_id, member.external_id, deadline), most=MOST_SHOWN, is_found=False
        )
    except NotToldError as error:
        is_fault = error.problem is not Problem.TELLS_NONE
        return MovementsView(problem=PROBLEMS[error.problem], is_fault=is_fault)
    if not told.movements and not told.is_whole:
        return MovementsView(problem="There are too many movements to find the last ones here.")
    booked = {marker_of(one.award_id): one for one in awards}
    lines = [_line(one, booked, with_notes=with_notes) for one in told.movements]
    return MovementsView(lines=lines, unread=told.unread)


def read_why(
    request: Request,
    store: StoreSettings,
    addresses: Sequence[str | None],
    members: tuple[str | None, str | None],
    mask: Callable[[str | None], str] | None,
) -> WhyView:
    """Find out about the order that the query names; `members` are the matched and the linked one.

    With `mask` addresses are shown by it, and no text of a movement.
    """
    order, day = read_words(request.query_params, "order"), read_words(request.query_params, "day")
    if not order.strip("# "):
        return WhyView(day=day)
    try:
        ordered_on = date.fromisoformat(day) if day else None
    except ValueError:
        return WhyView(order=order, day=day, problem=_WRONG_DAY)
    question = Question(order=order.lstrip("# "), ordered_on=ordered_on)
    found = look_into(store, question, suspects_of(*members, addresses))
    said = [sentence(question, _masked(one, mask) if mask else one) for one in found]
    return WhyView(order=order, day=day, said=said)


def _masked(finding: Finding, mask: Callable[[str | None], str]) -> Finding:
    address = mask(finding.address) if finding.address else None
    member_id = finding.member_id
    if member_id and "@" in member_id:
        member_id = mask(member_id)
    return replace(finding, address=address, member_id=member_id, text=None)


def _line(movement: Movement, booked: Mapping[str, Row[Any]], *, with_notes: bool) -> Line:
    notes = [one for one in (movement.title, movement.note, movement.staff_note) if one]
    award = next((booked[key] for key in booked if any(key in note for note in notes)), None)
    shown = [text for note in dict.fromkeys(notes) if (text := _MARKER.sub("", note).strip())]
    order = None if award else movement.order  # the id of an award of ours is no order's
    named = f"Order {order.lstrip('#')}" if order else KINDS[movement.kind]
    amounts = [f"{movement.points:+,}"] if movement.points else []
    if movement.credits:
        amounts.append(f"{movement.credits} in store credit")
    waits = ""
    if movement.pending:
        until = movement.pending_until
        waits = f"{movement.pending:+,} pending"
        waits += f" until {day_text(date.fromisoformat(until))}" if until else ""
    return Line(
        at_utc=movement.at_utc,
        what=named or (shown[0] if shown and with_notes else "Movement"),
        detail="; ".join(shown) if with_notes else "",
        points=", ".join(amounts),
        waits=waits,
        is_revoked=movement.is_revoked,
        award=award,
    )
