"""What somebody chose to see of the goodwill ledger, as it stands in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from loyalty_desk.goodwill.naming import tags_of
from loyalty_desk.goodwill.spans import Span

if TYPE_CHECKING:
    import pandas as pd

MOST_DAYS: Final = 731
MOST_CHARACTERS: Final = 320
YEARS: Final = (2000, 2999)
"""Years of four digits, as days are compared as text, and with a day after the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which awards; an empty text is no filter. `problem` says what of the address was no use."""

    first: date
    last: date
    span: Span = Span.DAY
    agent: str = ""
    reason: str = ""
    tier: str = ""
    tag: str = ""
    problem: str = ""

    @property
    def is_part(self) -> bool:
        """Whether it leaves out awards of these days."""
        return bool(self.agent or self.reason or self.tier or self.tag)

    def of(self, awards: pd.DataFrame) -> pd.DataFrame:
        """Those of the awards that were chosen."""
        found = awards
        for name in ("agent", "reason", "tier"):
            if wanted := getattr(self, name):
                found = found[found[name] == wanted]
        if self.tag:
            named = [tags for tags in found["tags"].unique() if self.tag in tags_of(tags)]
            found = found[found["tags"].isin(named)]
        return found

    def query(self) -> dict[str, str]:
        """What stands in the address."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "by": self.span.value,
            **{name: getattr(self, name) for name in ("agent", "reason", "tier", "tag")},
        }


def read_chosen(query: Mapping[str, str], now: datetime) -> Chosen:
    """Read an address; this month where it names no days, or none that can be shown."""
    today = now.astimezone(UTC).date()
    problem = ""
    try:
        last = date.fromisoformat(query.get("to") or today.isoformat())
        first = date.fromisoformat(query.get("from") or last.replace(day=1).isoformat())
        if first > last:
            problem = "The first day is after the last one; this month is shown."
        elif first.year < YEARS[0] or last.year > YEARS[1]:
            problem = f"Days are those of {YEARS[0]} to {YEARS[1]}; this month is shown."
        elif (last - first) >= timedelta(days=MOST_DAYS):
            problem = f"At most {MOST_DAYS} days are shown at once; this month is shown."
    except ValueError:
        problem = "A day is no date; this month is shown."
    if problem:
        first, last = today.replace(day=1), today
    asked = query.get("by", "")
    return Chosen(
        first=first,
        last=last,
        span=Span(asked) if asked in set(Span) else Span.DAY,
        problem=problem,
        **{
            name: query.get(name, "").strip().replace("\0", "")[:MOST_CHARACTERS]
            for name in ("agent", "reason", "tier", "tag")
        },
    )
