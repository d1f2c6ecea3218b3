"""Why somebody has no points for an order: what the data tells, and nothing beyond. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from loyalty_desk.clock import parse_utc
from loyalty_desk.lookup.problems import Problem
from loyalty_desk.records import MemberStatus, Movement, order_key

LEAST_NAMED: Final = 3
"""Characters of a number that a text names; a shorter one stands in many texts by chance."""
SOON: Final = timedelta(days=2)
"""How long after an order movements are shown that may be for it."""
ZONES: Final = timedelta(days=1)
"""How far apart the days of two zones may be: what is less does not tell which came first."""


class Answer(StrEnum):
    """What was found out. The first ones are about the order, the others about the person."""

    BOOKED = "booked"
    PENDING = "pending"
    TAKEN_BACK = "taken_back"
    TAKEN = "taken"
    WITHOUT_POINTS = "without_points"
    NAMED = "named"
    BEFORE_JOINING = "before_joining"
    EXCLUDED = "excluded"
    GUEST = "guest"
    NOT_KNOWN = "not_known"
    NOBODY_TO_ASK = "nobody_to_ask"
    NEAR = "near"
    NOTHING = "nothing"
    NOT_TOLD = "not_told"
    NOT_ALL = "not_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An order, by what people call it; its day if somebody told it."""

    order: str
    ordered_on: date | None = None

    @property
    def key(self) -> str:
        return order_key(self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the platform told of one person whom the customer is, or may be by an address.

    `member_id` is None for who is no member. `is_other` when it is not the customer's own match:
    by `address` then. `problem` says why nothing was told.
    """

    member_id: str | None = None
    address: str | None = None
    is_other: bool = False
    status: MemberStatus | None = None
    joined_on: date | None = None
    movements: Sequence[Movement] = ()
    tells_orders: bool = False
    is_whole: bool = True
    unread: int = 0
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is so. `points` is unsigned but of what is near or named; `back` is how many
    of them were taken back.
    """

    answer: Answer
    points: int = 0
    back: int = 0
    at_utc: str | None = None
    until: str | None = None
    text: str | None = None
    day: date | None = None
    problem: Problem | None = None
    member_id: str | None = None
    address: str | None = None
    is_other: bool = False
    tells_orders: bool = True


def finds_order(question: Question, asked: Asked) -> bool:
    """Whether the person's movements settle the question, so that nobody else need be asked."""
    return any(question.key in movement.orders for movement in asked.movements)


def explain(question: Question, people: Sequence[Asked]) -> list[Finding]:
    """What is known about the order, by what was told of the customer, and of whom it may be."""
    if not people:
        return [Finding(answer=Answer.NOBODY_TO_ASK)]
    found = [one for asked in people for one in _of_order(question, asked)]
    found = found or [one for asked in people for one in _named(question, asked)]
    found = found or list(_untold(question, people))
    if not all(asked.is_whole and not asked.unread for asked in people):
        found.append(Finding(answer=Answer.NOT_ALL))
    return found


def _untold(question: Question, people: Sequence[Asked]) -> Iterator[Finding]:
    """What is left to say where no movement is about the order."""
    for asked in people:
        if not asked.is_other:
            yield from _of_person(question, asked)
    told = [asked for asked in people if asked.problem is None]
    members = [asked for asked in told if asked.member_id is not None]
    if members:
        tells_orders = all(asked.tells_orders for asked in members)
        yield Finding(answer=Answer.NOTHING, tells_orders=tells_orders)
    elif len(told) == len(people):
        yield Finding(answer=Answer.NOT_KNOWN)
    for asked in people:
        if asked.problem is not None:
            yield Finding(answer=Answer.NOT_TOLD, problem=asked.problem, address=asked.address)


def _of_order(question: Question, asked: Asked) -> Iterator[Finding]:
    """What movements tell that name the order, and whose they are."""
    rows = [one for one in asked.movements if question.key in one.orders]
    for finding in _of_rows(rows):
        yield replace(
            finding, member_id=asked.member_id, address=asked.address, is_other=asked.is_other
        )


def _of_rows(rows: Sequence[Movement]) -> Iterator[Finding]:
    """What is booked of an order, and what waits; why none is, where neither."""
    if not rows:
        return
    live = [one for one in rows if not one.is_revoked]
    given = sum(max(one.points, 0) + max(one.pending, 0) for one in rows)
    # What waited is booked by a row of its own where rows never change: it was given once.
    given -= sum(max(-one.pending, 0) for one in live if one.points > 0)
    booked, waits = sum(one.points for one in live), sum(one.pending for one in live)
    if booked > 0:
        last = max((one.at_utc for one in live if one.points > 0 and one.at_utc), default=None)
        back = max(given - max(waits, 0) - booked, 0)
        yield Finding(answer=Answer.BOOKED, points=booked, back=back, at_utc=last)
    if waits > 0:
        days = {one.pending_until for one in live if one.pending > 0}
        until = days.pop() if len(days) == 1 else None
        yield Finding(answer=Answer.PENDING, points=waits, until=until)
    if booked > 0 or waits > 0:
        return
    if given > 0:
        yield Finding(answer=Answer.TAKEN_BACK, points=given)
    elif booked < 0:
        yield Finding(answer=Answer.TAKEN, points=-booked)
    else:
        yield Finding(answer=Answer.WITHOUT_POINTS)


def _named(question: Question, asked: Asked) -> Iterator[Finding]:
    """Movements whose text names the number, where nothing says what they are for."""
    if len(question.key) < LEAST_NAMED:
        return
    names = re.compile(rf"(?<![\w.,-]){re.escape(question.key)}(?![\w-]|[.,]\d)").search
    for one in asked.movements:
        texts = (one.title, one.note, one.staff_note)
        text = next((text for text in texts if text and names(text.casefold())), None)
        if text is not None and not one.is_revoked:
            yield Finding(
                answer=Answer.NAMED,
                points=one.points or one.pending,
                at_utc=one.at_utc,
                text=None if text == one.staff_note else text,
                member_id=asked.member_id,
                address=asked.address,
                is_other=asked.is_other,
            )


def _of_person(question: Question, asked: Asked) -> Iterator[Finding]:
    """What is so of the customer, which may be why; nobody says that it is."""
    if asked.status is MemberStatus.EXCLUDED:
        yield Finding(answer=Answer.EXCLUDED)
    if asked.status is MemberStatus.GUEST:
        yield Finding(answer=Answer.GUEST)
    day = question.ordered_on
    if day is None:
        return
    if asked.joined_on is not None and day < asked.joined_on - ZONES:
        yield Finding(answer=Answer.BEFORE_JOINING, day=asked.joined_on)
    if asked.tells_orders:
        return
    for one in asked.movements:
        if one.at_utc is None or one.is_revoked or one.points + one.pending <= 0:
            continue
        if day <= parse_utc(one.at_utc).date() <= day + SOON:
            points = one.points or one.pending
            yield Finding(answer=Answer.NEAR, points=points, at_utc=one.at_utc, text=one.title)
