"""What a store may spend on goodwill in a month, and how much of it is left. Months are UTC's."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.money import hundredths_of, worth
from loyalty_desk.records import Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement

TOLD_AT: Final = (80, 100)
"""Percent of the budget at which people are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burndown:
    """A month's budget, in hundredths. `left` is what was left at the end of each day so far."""

    month: date
    budget: int
    spent: int
    left: list[tuple[date, int]]

    @property
    def percent(self) -> float:
        return 100 * self.spent / self.budget

    @property
    def reached(self) -> int | None:
        """The highest of the percents at which people are told; None below all."""
        return max((at for at in TOLD_AT if self.spent * 100 >= at * self.budget), default=None)


def load_burndown(connection: Connection, store: StoreSettings, now: datetime) -> Burndown | None:
    """How this month's budget stands; None where the store has none."""
    budget = store.goodwill.budget_per_month
    if budget is None:
        return None
    today = now.astimezone(UTC).date()
    month = today.replace(day=1)
    rows = connection.execute(
        statement("goodwill/awards/sum_by_day"),
        {"store": store.name, **month_bounds(month)},
    )
    sums = Counter[tuple[str, str]]()
    for row in rows:
        sums[row.on_day, row.unit] += row.amount
    points = credit = 0
    left: list[tuple[date, int]] = []
    for number in range((today - month).days + 1):
        day = month + timedelta(days=number)
        points += sums[day.isoformat(), Unit.POINTS]
        credit += sums[day.isoformat(), Unit.CREDITS]
        spent = worth(points, credit, store.goodwill.point_value_millionths) or 0
        left.append((day, hundredths_of(budget) - spent))
    return Burndown(
        month=month,
        budget=hundredths_of(budget),
        spent=hundredths_of(budget) - left[-1][1],
        left=left,
    )


def month_bounds(month: date) -> dict[str, str]:
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    days = monthrange(month.year, month.month)[1]
    return {"from_utc": utc_text(first), "until_utc": utc_text(first + timedelta(days=days))}
