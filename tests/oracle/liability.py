"""What all members hold, by day and tier, from the guide to goodwill alone, and from the people.

A person is a mapping of what is known: `points`, `points_pending`, `credits` (decimals of the
currency), `tier`, `status`, and `gone` for who is not there. All moments are of UTC.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.goodwill import CENT, money_of
from tests.oracle.shop_ledger import ShopLedger

Person = Mapping[str, Any]
Booked = tuple[datetime, str | None, str, Decimal]
"""When, for whom, in which unit, how much."""


@dataclass(frozen=True)
class Held:
    """What the members of a tier hold; None is not known."""

    members: int
    members_told: int
    points: int
    points_pending: int | None
    credits: Decimal | None
    since: date | None
    points_by_hand: int | None
    credits_by_hand: Decimal | None
    point_value: Decimal | None
    told: Mapping[str, int] = field(default_factory=dict)
    """What the platform's ledger explains, by kind; empty where it was not read whole."""

    @property
    def money(self) -> Decimal | None:
        points = self.points + (self.points_pending or 0)
        return money_of(points, self.credits or Decimal(), self.point_value)


@dataclass
class Liability:
    """The days that are kept of one store, the earliest first."""

    days: dict[date, dict[str, Held]] = field(default_factory=dict)
    taken: dict[date, datetime] = field(default_factory=dict)
    begun: dict[date, datetime | None] = field(default_factory=dict)
    """Since when the ledger was without a gap, of days on which it was read to its end."""

    def synced(
        self,
        now: datetime,
        people: Mapping[str, Person],
        booked: Iterable[Booked],
        point_value: Decimal | None = None,
        ledger: ShopLedger | None = None,
    ) -> None:
        """A sync found these people; it stands in place of an earlier one of the day."""
        today = now.date()
        here = {name: one for name, one in people.items() if is_here(one)}
        since = max((day for day in self.days if day < today), default=None)
        hand = Counter[tuple[str, str]]()
        for at, name, unit, amount in booked:
            if since is not None and self.taken[since] < at <= now and name in here:
                hand[here[name].get("tier", ""), unit] += amount  # type: ignore[assignment]
        by_tier = defaultdict[str, list[Person]](list)
        for one in here.values():
            by_tier[one.get("tier", "")].append(one)
        if since is not None:
            for tier, row in self.days[since].items():
                if row.members:
                    by_tier[tier]  # of who left it all, zeros are told once
        begun = ledger.begun if ledger and ledger.is_whole else None
        told: Counter[tuple[str, str]] | None = None
        if ledger and begun and since is not None and self.begun[since] == begun:
            told = ledger.told(self.taken[since], now)
            for tier, _ in told:
                by_tier[tier]
        self.days.pop(today, None)
        if by_tier:
            self.taken[today], self.begun[today] = now, begun
            self.days[today] = {
                tier: replace(
                    _held(group, tier, since, hand, point_value),
                    told={}
                    if ledger is None or told is None
                    else {kind: told[tier, kind] for kind in ledger.kinds},
                )
                for tier, group in by_tier.items()
            }

    def forget_before(self, day: date) -> None:
        self.days = {kept: tiers for kept, tiers in self.days.items() if kept >= day}

    def moved(self, day: date, tier: str) -> int | None:
        """The difference to what the tier had on the day before that was kept."""
        row = self.days[day][tier]
        if row.since is None or row.since not in self.days:
            return None
        before = self.days[row.since].get(tier)
        return row.points - (before.points if before else 0)

    def unexplained(self, day: date, tier: str) -> int | None:
        moved, by_hand = self.moved(day, tier), self.days[day][tier].points_by_hand
        return None if moved is None or by_hand is None else moved - by_hand

    def left(self, day: date, tier: str) -> int | None:
        """What the ledger does not explain either."""
        unexplained = self.unexplained(day, tier)
        return (
            None if unexplained is None else unexplained - sum(self.days[day][tier].told.values())
        )

    def whole(self, day: date) -> dict[str, Any]:
        """All tiers of a day together, with what moved."""
        rows = list(self.days[day].values())
        since, value = rows[0].since, rows[0].point_value
        points = sum(row.points for row in rows)
        moved = by_hand = None
        if since is not None:
            by_hand = sum(row.points_by_hand or 0 for row in rows)
            if since in self.days:
                moved = points - sum(row.points for row in self.days[since].values())
        told = {kind: sum(row.told[kind] for row in rows) for kind in rows[0].told}
        pending, credit = _sum(rows, "points_pending"), _sum(rows, "credits")
        return {
            "members": sum(row.members for row in rows),
            "members_told": sum(row.members_told for row in rows),
            "points": points,
            "points_pending": pending,
            "credits": credit,
            "money": money_of(points + (pending or 0), credit or Decimal(), value),
            "points_moved": moved,
            "points_by_hand": by_hand,
            "told": told,
            "points_unexplained": None
            if moved is None
            else moved - (by_hand or 0) - sum(told.values()),
        }


def is_here(one: Person) -> bool:
    return not one.get("gone") and one.get("status") != "erased"


def _held(
    group: list[Person],
    tier: str,
    since: date | None,
    hand: Mapping[tuple[str, str], Any],
    point_value: Decimal | None,
) -> Held:
    told = [one["points"] for one in group if one.get("points") is not None]
    pending = [one["points_pending"] for one in group if "points_pending" in one]
    credit = [one["credits"] for one in group if "credits" in one]
    return Held(
        members=len(group),
        members_told=len(told),
        points=sum(told),
        points_pending=sum(pending) if pending else None,
        credits=sum(credit).quantize(CENT, ROUND_HALF_UP) if credit else None,
        since=since,
        points_by_hand=None if since is None else int(hand[tier, "points"]),
        credits_by_hand=None if since is None else Decimal(hand[tier, "credits"]),
        point_value=point_value,
    )


def _sum(rows: Iterable[Held], name: str) -> Any:
    told = [value for row in rows if (value := getattr(row, name)) is not None]
    return sum(told) if told else None
