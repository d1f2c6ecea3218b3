"""What the mismatches have in common: how old they are, and which domains are mistyped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.staging.statements import statement

TOP_DOMAINS: Final = 10
_AGES: Final = (
    ("under_day", "Under a day", timedelta(days=1)),
    ("under_week", "Under a week", timedelta(days=7)),
    ("under_month", "Under 30 days", timedelta(days=30)),
    ("under_quarter", "Under 90 days", timedelta(days=90)),
    ("longer", "Longer", None),
)


@dataclass(frozen=True, slots=True)
class Mistyped:
    """One pair of domains that stand for each other, and how many customers have it."""

    typed: str
    meant: str
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """`ages` counts the open mismatches from the youngest to the oldest."""

    ages: list[tuple[str, int]]
    mistyped: list[Mistyped]


def load_insight(connection: Connection, store: str, now: datetime, min_score: float) -> Insight:
    """Read it from staging; of an address only the domain is kept."""
    since = {
        column.replace("under_", "") + "_utc": utc_text(now - age)
        for column, _, age in _AGES
        if age is not None
    }
    binds = {"store": store, "now_utc": utc_text(now), **since}
    ages = connection.execute(statement("report/mismatches/count_ages"), binds).one()
    found = connection.execute(
        statement("report/mismatches/select_mistyped"), {"store": store, "min_score": min_score}
    )
    pairs = Counter((_domain(row.customer_key), _domain(row.member_key)) for row in found)
    return Insight(
        ages=[(title, int(getattr(ages, column) or 0)) for column, title, _ in _AGES],
        mistyped=[
            Mistyped(typed, meant, customers)
            for (typed, meant), customers in pairs.most_common(TOP_DOMAINS)
        ],
    )


def _domain(email_key: str | None) -> str:
    return (email_key or "").rpartition("@")[2]
