"""A generated year of orders and what was booked for them: each answer about each order, and the
line on the card, is the oracle's, for what each platform tells.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loyalty_desk.clock import utc_text
from loyalty_desk.lookup.activity import activity_text
from loyalty_desk.lookup.why import Asked, Finding, Question, explain, finds_order
from loyalty_desk.records import MemberStatus, Movement, MovementKind
from tests.oracle.movements import TOLD, Booking, Line, lines
from tests.oracle.why import NAMES_ORDERS, answers, last_line

ORDERS = range(1000, 1060)
SEEDS = range(4)
YEAR_BEGINS = datetime(2023, 11, 20, tzinfo=UTC)
LEAP_DAY = datetime(2024, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC)
JOINED = date(2024, 3, 1)
Life = Callable[[random.Random], list[dict[str, Any]]]


def booked(dice: random.Random) -> list[dict[str, Any]]:
    return [{"points": dice.randint(1, 900)}]


def pending(dice: random.Random) -> list[dict[str, Any]]:
    return [{"points": dice.randint(1, 900), "pending": True}]


def refunded(dice: random.Random) -> list[dict[str, Any]]:
    points = dice.randint(1, 900)
    return [{"points": points}, {"points": -points}]


LIVES: dict[str, Life] = {
    "booked": booked,
    "pending": pending,
    "booked in two, a part pending": lambda dice: booked(dice) + pending(dice) + booked(dice),
    "refunded": refunded,
    "refunded in part": lambda dice: [{"points": 500}, {"points": -dice.randint(1, 499)}],
    "taken back twice": lambda _: [{"points": 60}, {"points": -60}, {"points": -60}],
    "revoked": lambda dice: [one | {"revoked": True} for one in booked(dice)],
    "revoked while pending": lambda dice: [one | {"revoked": True} for one in pending(dice)],
    "revoked in part": lambda dice: [*booked(dice), {"points": 70, "revoked": True}],
    "hidden": lambda dice: [one | {"hidden": True} for one in booked(dice)],
    "taken": lambda dice: [{"points": -dice.randint(1, 900)}],
    "nothing": lambda _: [],
    "no points": lambda _: [{"points": 0, "credits": "1.5"}],
}
OTHERS: list[dict[str, Any]] = [
    {"points": -500, "source": "points_purchase", "title": "5 off"},
    {"points": -30, "source": "expiry", "title": "Expired"},
    {"points": 25, "source": "manual", "title": "By hand", "external_note": "thanks"},
    {"points": 40, "source": "manual", "title": "By hand", "foreign_id": "ld:0f3a77"},
    {"points": 7, "source": "order_placed", "title": "Order #10421, 1042.50 in all"},
]
"""What is for no order, or for one whose number begins with another's."""


class Programme:
    """Two accounts of one customer, with a year of bookings each."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._number = 0
        self.own: list[Booking] = []
        self.other: list[Booking] = []
        self.ordered_on: dict[str, date] = {}
        for order in ORDERS:
            at = YEAR_BEGINS + timedelta(minutes=self._dice.randrange(366 * 24 * 60))
            at = LEAP_DAY if order % 10 == 0 else at
            self.ordered_on[str(order)] = at.date()
            whose = self.other if self._dice.random() < 0.25 else self.own
            life = LIVES[[*LIVES][order % len(LIVES)]]
            for later, entry in enumerate(life(self._dice)):
                for_it = {"order": (5_500_000_000 + order, f"#{order}"), "source": "order_placed"}
                title = {"title": f"Order #{order}"}
                whose.append(self._book(at + later * timedelta(days=3), for_it | title | entry))
        for entry in OTHERS * 3:
            at = YEAR_BEGINS + timedelta(minutes=self._dice.randrange(366 * 24 * 60))
            self.own.append(self._book(at, entry))

    def _book(self, at: datetime, entry: dict[str, Any]) -> Booking:
        self._number += 1
        us = int(at.timestamp() * 1e6)
        due_us = us + self._dice.choice((0, 40 * 86_400_000_000))
        nothing = dict.fromkeys(("order", "foreign_id", "external_note", "internal_note"))
        flags = dict.fromkeys(("hidden", "revoked", "pending"), False)
        fixed = {"id": self._number, "applied_us": us, "due_us": due_us, "credits": "0"}
        return {**nothing, **flags, **fixed, **entry}


def movement(number: str, line: Line) -> Movement:
    at_utc = utc_text(line["at"])
    told = {name: value for name, value in line.items() if name not in {"at", "kind", "orders"}}
    return Movement(
        movement_id=number,
        kind=MovementKind(line["kind"]),
        at_utc=at_utc,
        orders=frozenset(line["orders"]),
        **told,
    )


def asked_of(account: str, bookings: list[Booking], **values: Any) -> Asked:
    told = lines(account, bookings)
    return Asked(
        movements=[movement(number, line) for number, line in told.items()],
        tells_orders=account in NAMES_ORDERS,
        **values,
    )


def ask(question: Question, everybody: list[Asked]) -> list[Finding]:
    """As far as somebody's movements tell; the next one need not be asked then."""
    people: list[Asked] = []
    for one in everybody:
        people.append(one)
        if finds_order(question, one):
            break
    return explain(question, people)


def said(found: list[Finding]) -> set[tuple[str, int]]:
    return {(one.answer.value, one.points) for one in found}


def typed(order: str) -> Iterator[str]:
    yield from (order, f"#{order}", f" #{order} ")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("account", TOLD)
def test_each_order_of_a_year_is_answered_as_the_oracle_does(account: str, seed: int) -> None:
    made = Programme(seed)
    status = [MemberStatus.MEMBER, MemberStatus.GUEST, MemberStatus.EXCLUDED][seed % 3]
    joined = JOINED if account == "loyaltylion" else None
    own = asked_of(account, made.own, member_id="1", status=status, joined_on=joined)
    other = asked_of(account, made.other, member_id="2", is_other=True)
    held = {"status": status.value, "joined": joined}
    kinds = set[str]()
    for order, day in made.ordered_on.items():
        for ordered_on in (None, day, day - timedelta(days=1)):
            wanted = answers(account, order, [(held, made.own), ({}, made.other)], ordered_on)
            kinds |= {word for word, _ in wanted}
            for number in typed(order):
                question = Question(order=number, ordered_on=ordered_on)
                assert said(ask(question, [own, other])) == wanted, (order, ordered_on)
    named = {"booked", "pending", "taken", "taken_back"} if account in NAMES_ORDERS else {"named"}
    assert named <= kinds, "the year holds what it is for"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("account", TOLD)
def test_the_line_on_the_card_is_the_oracles_at_any_time_of_the_year(
    account: str, seed: int
) -> None:
    made = Programme(seed)
    by_time = sorted(made.own, key=lambda one: -one["applied_us"])
    for place in range(len(by_time)):
        told = lines(account, by_time[place:])
        movements = [movement(number, line) for number, line in told.items()]
        for pending_points in (None, 0, 1_840):
            wanted = last_line([*told.values()], pending_points)
            assert activity_text(movements, pending_points) == wanted
