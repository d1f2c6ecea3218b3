"""Goodwill and liability as tables that people read: on the desk, in a spreadsheet, in the report.

Amounts of credits and money are decimals here, and shares are parts of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from loyalty_desk.goodwill.ledger import Goodwill
from loyalty_desk.goodwill.money import as_decimal
from loyalty_desk.goodwill.naming import own_name
from loyalty_desk.goodwill.outliers import OF_AGENTS, RULES, Outlier, Rule
from loyalty_desk.goodwill.spans import Span
from loyalty_desk.goodwill.table import Column, Kind, Linked, Table
from loyalty_desk.records import LedgerKind, Unit

Named = Callable[[str], str]
"""How somebody is named to who reads it: an address may be masked, or left out."""
Leads = Callable[[Outlier], str | None]
"""Where an outlier can be looked into; None where that would tell what the name does not."""


SUMS: Final = (
    Column("Awards"),
    Column("Points"),
    Column("Credits", Kind.MONEY),
    Column("Money", Kind.MONEY),
    Column("Share of all awards", Kind.SHARE),
)
GROUPS: Final = {
    "agent": "Agent",
    "reason": "Reason",
    "tier": "Tier",
    "tags": "Tag of the ticket",
}
NOTES: Final = {
    "tier": "The tier of the member when it was booked, as the first sync after it found it; "
    "not known of awards before that was kept.",
    "tags": "An award counts under each tag of its ticket, so these add up to more than all. "
    "Not known where no ticket was named, or its tags were not read.",
}
SPANS: Final = {Span.DAY: "Day", Span.WEEK: "Week from", Span.MONTH: "Month from"}
KINDS: Final = {
    LedgerKind.EARNED: "Earned",
    LedgerKind.REDEEMED: "Redeemed",
    LedgerKind.EXPIRED: "Expired",
    LedgerKind.ADJUSTED: "By hand elsewhere",
    LedgerKind.ADDED: "Added, untold why",
    LedgerKind.TAKEN: "Taken, untold why",
}
WITH_LEDGER: Final = (
    "Points. Of days without the other figures the platform's ledger was not read whole, and all "
    "of it is unexplained; else who joined, left, or had a booking taken back later."
)
WITHOUT_LEDGER: Final = (
    "Points. Unexplained is all that is not by hand here: earned, redeemed, expired, joined, left. "
    "The platform lists no ledger of everybody, or it was not read whole on these days."
)
RULE_TITLES: Final = {
    Rule.AGENT: "An agent far above others",
    Rule.CUSTOMER: "A customer far above others",
    Rule.LINE: "Just under the approval line",
    Rule.AGENTS: "The same customer from several agents",
}


def nowhere(_: Outlier) -> str | None:
    return None


def tables_of(
    found: Goodwill, *, agent: Named = str, customer: Named = str, leads: Leads = nowhere
) -> list[Table]:
    """Every table of what was found, in the order of the page."""
    return [
        *_goodwill(found, agent),
        *_outliers(found, agent, customer, leads),
        *_budget(found),
        *_liability(found),
    ]


def one_sheet(found: Goodwill, agent: Named = str) -> Table:
    """What was found by agent and by reason, as one table for a workbook of other things."""
    parts = [one for one in _goodwill(found, agent) if one.key in {"agent", "reason"}]
    return Table(
        key="goodwill",
        title=f"Points and credits by hand, {found.chosen.first} to {found.chosen.last} (UTC)",
        columns=(Column("By", Kind.TEXT), Column("Name", Kind.TEXT), *SUMS),
        rows=[(part.columns[0].title, *row) for part in parts for row in part.rows],
    )


def _goodwill(found: Goodwill, agent: Named) -> Iterator[Table]:
    rates = "per_100_tickets" in found.by_span
    title = SPANS[found.chosen.span]
    yield Table(
        key="time",
        title=f"By {found.chosen.span}",
        columns=(
            Column(title, Kind.DAY),
            *SUMS,
            *([Column("Per 100 tickets", Kind.RATE)] if rates else []),
        ),
        rows=[
            (row.span, *_sums(row), *([_or_none(row.per_100_tickets)] if rates else []))
            for row in found.by_span.itertuples()
        ],
        note="" if rates else found.why_no_rates,
    )
    for column, heading in GROUPS.items():
        yield Table(
            key=column,
            title=f"By {heading.lower()}",
            columns=(Column(heading, Kind.TEXT), *SUMS),
            rows=[
                (agent(who) if column == "agent" else _words(column, who), *_sums(row))
                for row in found.groups[column].itertuples()
                for who in [getattr(row, column)]
            ],
            note=NOTES.get(column, ""),
        )
    if len(found.unknown):
        yield Table(
            key="unknown",
            title="Nobody can tell",
            columns=(Column("Unit", Kind.TEXT), Column("Awards"), Column("Amount", Kind.MONEY)),
            rows=[
                (unit.value, len(of_unit), _amount(unit, int(of_unit["amount"].sum())))
                for unit in Unit
                for of_unit in [found.unknown[found.unknown["unit"] == unit]]
                if len(of_unit)
            ],
            note="These may be booked or not, and count nowhere above until somebody settles them.",
        )


def _outliers(found: Goodwill, agent: Named, customer: Named, leads: Leads) -> Iterator[Table]:
    yield Table(
        key="outliers",
        title="Worth a look",
        columns=(
            *(Column("What", Kind.TEXT), Column("Who", Kind.TEXT), Column("Unit", Kind.TEXT)),
            *(Column("Awards"), Column("Amount", Kind.MONEY)),
            *(Column("Against", Kind.MONEY), Column("The rule", Kind.TEXT)),
        ),
        rows=[
            _outlier(one, agent if one.rule in OF_AGENTS else customer, leads)
            for one in found.outliers
        ],
        note="Rules say where to look, and nothing of why. What was taken back counts for nothing.",
    )


def _outlier(one: Outlier, named: Named, leads: Leads) -> tuple[Any, ...]:
    against = None if one.against is None else _amount(one.unit, one.against)
    return (
        *(RULE_TITLES[one.rule], Linked(named(one.who), leads(one)), str(one.unit), one.awards),
        *(_amount(one.unit, one.amount), against, RULES[one.rule]),
    )


def _budget(found: Goodwill) -> Iterator[Table]:
    if found.burndown is None:
        return
    yield Table(
        key="budget",
        title=f"Budget of {found.burndown.month:%B %Y}",
        columns=(Column("Day", Kind.DAY), Column("Left", Kind.MONEY)),
        rows=[(day.isoformat(), as_decimal(left)) for day, left in found.burndown.left],
        note="The whole month (UTC) and everybody, whatever is chosen above.",
    )


def _liability(found: Goodwill) -> Iterator[Table]:
    sums = (
        *(Column("Members"), Column("Balance known"), Column("Points"), Column("Pending")),
        *(Column("Credits", Kind.MONEY), Column("Money", Kind.MONEY)),
    )
    yield Table(
        key="liability",
        title="Points liability by day",
        columns=(
            Column("Day", Kind.DAY),
            *sums,
        ),
        rows=[(day.day, *day.sums()) for day in found.liability],
    )
    yield from _movement(found)
    yield Table(
        key="tiers",
        title="Points liability by tier, on the last day",
        columns=(Column("Tier", Kind.TEXT), *sums),
        rows=[(own_name(one.tier), *one.sums()) for one in found.liability_tiers],
    )


def _movement(found: Goodwill) -> Iterator[Table]:
    kinds = [kind for kind in LedgerKind if any(kind in day.told for day in found.liability)]
    titles = ["Moved", *(KINDS[kind] for kind in kinds), "By hand", "Unexplained"]
    rows = [
        (
            day,
            [
                day.points_moved,
                *(day.told.get(kind) for kind in kinds),
                *(day.points_by_hand, day.points_unexplained),
            ],
        )
        for day in found.liability
    ]
    yield Table(
        key="movement",
        title="What moved, by day",
        columns=(Column("Day", Kind.DAY), *map(Column, titles)),
        rows=[(day.day, *points) for day, points in rows],
        note=WITH_LEDGER if kinds else WITHOUT_LEDGER,
    )
    if any(day.point_value_millionths is not None for day in found.liability):
        yield Table(
            key="movement_money",
            title="What moved, by day, in money",
            columns=(Column("Day", Kind.DAY), *(Column(one, Kind.MONEY) for one in titles)),
            rows=[(day.day, *map(day.worth_of, points)) for day, points in rows],
            note="Points by what each was worth that day. Each is rounded by itself.",
        )


def _sums(row: Any) -> tuple[int, int, Decimal, Decimal | None, float]:
    money = None if pd.isna(row.money) else as_decimal(int(row.money))
    return int(row.awards), int(row.points), as_decimal(int(row.credits)), money, float(row.share)


def _amount(unit: Unit, parts: int) -> Decimal:
    return Decimal(parts) if unit is Unit.POINTS else as_decimal(parts)


def _words(column: str, text: str) -> str:
    return text.replace("_", " ") if column == "reason" else text


def _or_none(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
