"""What awards would cost, before they are asked for or approved: in their unit and in money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.awards.incidents.preview import worth
from loyalty_desk.awards.policy import from_parts
from loyalty_desk.goodwill import money
from loyalty_desk.goodwill.budget import load_burndown
from loyalty_desk.goodwill.held import load_days
from loyalty_desk.records import Unit
from loyalty_desk.settings.currencies import money_digits
from loyalty_desk.settings.stores_file import StoreSettings

HELD_WITHIN: Final = timedelta(days=7)
"""How old the day may be that tells what all members hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A line of what it costs: the amount with its unit, and the money, empty if nobody told."""

    name: str
    amount: str
    money: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthLeft:
    """What is left of the month's budget and what this takes of it, in the shop's currency."""

    left: Decimal
    budget: Decimal
    cost: Decimal

    @property
    def after(self) -> Decimal:
        return self.left - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The points that all members held on a day such as `3 Nov 2026` (UTC), and with these."""

    day: str
    points: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """What it costs: before, by this and afterwards; of the month's budget, and of what is owed."""

    costs: Sequence[Cost]
    month: MonthLeft | None
    held: Held | None

    @property
    def is_in_money(self) -> bool:
        return any(one.money for one in self.costs)


def load_outlay(
    connection: Connection,
    store: StoreSettings,
    now: datetime,
    *,
    before: Mapping[Unit, int],
    added: Mapping[Unit, int],
) -> Outlay:
    """What so many parts of each unit cost, and cost before."""
    units = [unit for unit in Unit if unit in before or unit in added]
    return Outlay(
        costs=[
            _cost(name, parts, unit, store)
            for unit in units
            for name, parts in (
                ("Before", before.get(unit, 0)),
                ("This adds", added.get(unit, 0)),
                ("Afterwards", before.get(unit, 0) + added.get(unit, 0)),
            )
        ],
        month=find_month_left(connection, store, now, added),
        held=_find_held(connection, store.name, now, added.get(Unit.POINTS, 0)),
    )


def _cost(name: str, parts: int, unit: Unit, store: StoreSettings) -> Cost:
    amount = f"{from_parts(parts, unit):,f} {unit}"
    return Cost(name=name, amount=amount, money=money_text(parts, unit, store))


def find_month_left(
    connection: Connection, store: StoreSettings, now: datetime, parts: Mapping[Unit, int]
) -> MonthLeft | None:
    """The month's budget; None where the store has none, or nobody said what a point is worth."""
    burndown = load_burndown(connection, store, now)
    points, credit = parts.get(Unit.POINTS, 0), parts.get(Unit.CREDITS, 0)
    cost = money.worth(points, credit, store.goodwill.point_value_millionths)
    if burndown is None or cost is None:
        return None
    return MonthLeft(
        left=money.as_decimal(burndown.budget - burndown.spent),
        budget=money.as_decimal(burndown.budget),
        cost=money.as_decimal(cost),
    )


def _find_held(connection: Connection, store: str, now: datetime, points: int) -> Held | None:
    days = load_days(connection, store, (now - HELD_WITHIN).date(), now.date())
    if not days or not points:
        return None
    day = f"{date.fromisoformat(days[-1].day):%-d %b %Y}"
    return Held(day=day, points=days[-1].points, after=days[-1].points + points)


def money_text(parts: int, unit: Unit, store: StoreSettings) -> str:
    """What it is worth, such as `12.50 EUR`; empty where nobody said what a point is worth."""
    found = worth(parts, unit, store)
    if found is None:
        return ""
    return f"{found:,.{money_digits(store.currency)}f} {store.currency or ''}".strip()
