"""What awards by hand cost, from the guide to goodwill alone: exact decimals, no SQL, no tables.

Points are whole numbers and credits are of the currency, both signed; all moments are of UTC. What
is not known of an award is None; a member without a tier has `""`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median
from typing import Any

CENT = Decimal("0.01")
TIER_KNOWN = timedelta(days=1)


@dataclass
class Award:
    """One award, or what takes one back. `ended` is when it was booked, or given up."""

    award_id: str
    unit: str
    amount: Decimal
    agent: str
    reason: str
    queued: datetime
    person: str | None
    ticket: int | None = None
    takes_back: str | None = None
    state: str = "queued"
    ended: datetime | None = None
    tier: str | None = None
    tags: Collection[str] | None = None


@dataclass(frozen=True)
class Sum:
    awards: int
    points: int
    credits: Decimal
    money: Decimal | None
    share: Fraction = Fraction(0)


@dataclass(frozen=True)
class Found:
    """Something worth a look; `against` is exact."""

    rule: str
    who: str
    unit: str
    awards: int
    amount: Decimal
    against: Decimal | None


def money_of(points: int, credit: Decimal, point_value: Decimal | None) -> Decimal | None:
    if point_value is None:
        return None
    return (points * point_value).quantize(CENT, ROUND_HALF_UP) + credit


def begin_of(day: date, span: str) -> date:
    if span == "week":
        return day - timedelta(days=day.isocalendar().weekday - 1)
    return date(day.year, day.month, 1) if span == "month" else day


@dataclass
class Ledger:
    """Everything of one store; `tickets` are those that are held, by when they were created."""

    point_value: Decimal | None = None
    recent_days: int = 30
    awards: dict[str, Award] = field(default_factory=dict)
    tickets: dict[int, datetime | None] = field(default_factory=dict)

    def synced(
        self, now: datetime, tiers: Mapping[str, str], tags: Mapping[int, Collection[str] | None]
    ) -> None:
        """What a sync found: the tier of each member who is there, the tags of each ticket."""
        for one in self.awards.values():
            is_fresh = one.ended is not None and now - one.ended <= TIER_KNOWN
            if one.state == "applied" and is_fresh and one.tier is None and one.person:
                one.tier = tiers.get(one.person)
            if one.ticket is not None and now - one.queued <= timedelta(days=self.recent_days):
                told = tags.get(one.ticket)
                one.tags = one.tags if told is None else list(told)

    def forget_whom(self, award_ids: Iterable[str]) -> None:
        """They are nobody's any more, and of no ticket."""
        for award_id in award_ids:
            one = self.awards[award_id]
            one.person = one.ticket = one.tags = None

    def sums(self, by: str, first: date, last: date, **choice: str) -> dict[str, Sum]:
        """The sums under each value of what they are counted by."""
        groups = defaultdict[str, list[Award]](list)
        for one in self._counted(first, last, "applied", **choice):
            for key in self._keys(one, by):
                groups[key].append(one)
        total = self.total(first, last).awards
        return {key: self._sum(group, total) for key, group in groups.items()}

    def total(self, first: date, last: date, **choice: str) -> Sum:
        return self._sum([*self._counted(first, last, "applied", **choice)], 0)

    def unknown(self, first: date, last: date, **choice: str) -> dict[str, tuple[int, Decimal]]:
        """How many there are by unit of which nobody can tell, and what they come to."""
        found = defaultdict[str, list[Decimal]](list)
        for one in self._counted(first, last, "unknown", **choice):
            found[one.unit].append(one.amount)
        return {unit: (len(amounts), sum(amounts, Decimal())) for unit, amounts in found.items()}

    def per_100_tickets(self, span: str, first: date, last: date) -> dict[str, Fraction | None]:
        opened = Counter(
            str(begin_of(at.date(), span))
            for at in self.tickets.values()
            if at is not None and first <= at.date() <= last
        )
        return {
            key: Fraction(100 * one.awards, opened[key]) if opened[key] else None
            for key, one in self.sums(span, first, last).items()
        }

    def budget_left(self, budget: Decimal, today: date) -> dict[date, Decimal]:
        """What is left of a month's budget at the end of each of its days up to now."""
        left, day = {}, today.replace(day=1)
        while day <= today:
            spent = self.total(today.replace(day=1), day).money
            left[day] = budget - (spent or 0)
            day += timedelta(days=1)
        return left

    def worth_a_look(
        self, first: date, last: date, lines: Mapping[str, Decimal | None], **choice: str
    ) -> set[Found]:
        taken_back = {one.takes_back for one in self.awards.values() if one.state == "applied"}
        stood = [
            one
            for one in self._counted(first, last, "applied", **choice)
            if one.takes_back is None and one.award_id not in taken_back
        ]
        return {found for unit in lines for found in _rules(stood, unit, lines[unit])}

    def _counted(self, first: date, last: date, state: str, **choice: str) -> Iterator[Award]:
        for one in self.awards.values():
            if one.state != state or one.ended is None or not first <= one.ended.date() <= last:
                continue
            if all(wanted in self._keys(one, by) for by, wanted in choice.items() if wanted):
                yield one

    def _keys(self, one: Award, by: str) -> Collection[str]:
        """Under what it is counted: what takes an award back, as that one but for the day."""
        if by in {"day", "week", "month"}:
            assert one.ended is not None
            return [str(begin_of(one.ended.date(), by))]
        about = self.awards[one.takes_back] if one.takes_back else one
        if by in {"tag", "tags"}:
            return ["not known"] if about.tags is None else about.tags or ["none"]
        if by == "tier":
            return ["not known" if about.tier is None else about.tier or "none"]
        return [str(getattr(about, by))]

    def _sum(self, group: Collection[Award], total: int) -> Sum:
        awards = sum(-1 if one.takes_back else 1 for one in group)
        points = sum(int(one.amount) for one in group if one.unit == "points")
        credit = sum((one.amount for one in group if one.unit == "credits"), Decimal())
        share = Fraction(awards, total) if total else Fraction(0)
        return Sum(awards, points, credit, money_of(points, credit, self.point_value), share)


def _rules(stood: list[Award], unit: str, line: Decimal | None) -> Iterator[Found]:
    mine = [one for one in stood if one.unit == unit]
    whose = [one for one in mine if one.person is not None]
    yield from _far_above("agent_far_above", unit, _grouped(mine, "agent"), 1)
    yield from _far_above("customer_far_above", unit, _grouped(whose, "person"), 3)
    for person, group in _grouped(whose, "person").items():
        if len({one.agent for one in group}) >= 3:
            yield _found("several_agents", person, unit, group, None)
    near = [one for one in mine if line and line * 9 <= one.amount * 10 <= line * 10]
    for agent, group in _grouped(near, "agent").items():
        if len(group) >= 3:
            yield _found("just_under_the_line", agent, unit, group, line)


def _far_above(
    rule: str, unit: str, groups: Mapping[str, list[Award]], least: int
) -> Iterator[Found]:
    sums = {who: sum(one.amount for one in group) for who, group in groups.items()}
    middle = Decimal(median(sums.values())) if len(sums) >= 4 else Decimal()
    for who, group in groups.items():
        if middle > 0 and sums[who] > 3 * middle and len(group) >= least:
            yield _found(rule, who, unit, group, middle)


def _found(rule: str, who: str, unit: str, group: list[Award], against: Any) -> Found:
    amount = sum((one.amount for one in group), Decimal())
    return Found(rule, who, unit, len(group), amount, against)


def _grouped(awards: Iterable[Award], by: str) -> dict[str, list[Award]]:
    groups = defaultdict[str, list[Award]](list)
    for one in awards:
        groups[getattr(one, by)].append(one)
    return groups
