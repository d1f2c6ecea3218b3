"""What the ledger of a whole shop explains of the liability, from the guide to goodwill alone.

All moments are of UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One booking; `who` is None where it does not tell, `is_ours` of an award from here."""

    number: str
    kind: str
    points: int
    who: str | None
    is_ours: bool = False


@dataclass
class ShopLedger:
    """What was read of one store's ledger. `kinds` are those that its platform tells."""

    kinds: frozenset[str]
    begun: datetime | None = None
    is_whole: bool = False
    counted: dict[str, tuple[datetime, str, str, int]] = field(default_factory=dict)
    """When it was read, the tier, the kind and the points."""

    def read(
        self,
        now: datetime,
        shown: Iterable[Entry],
        here: Mapping[str, Mapping[str, Any]],
        *,
        to_its_end: bool,
    ) -> None:
        """A sync was shown these bookings; `here` are the members."""
        if not self.kinds:
            return
        self.is_whole = to_its_end
        if self.begun is None:
            self.begun = now
            return
        for one in shown:
            is_known = one.who is None or one.who in here
            if one.kind in self.kinds and is_known and not one.is_ours:
                tier = here[one.who].get("tier", "") if one.who else ""
                self.counted.setdefault(one.number, (now, tier, one.kind, one.points))

    def told(self, after: datetime, until: datetime) -> Counter[tuple[str, str]]:
        """The points that were read after a moment, by tier and kind."""
        sums = Counter[tuple[str, str]]()
        for at, tier, kind, points in self.counted.values():
            if after < at <= until:
                sums[tier, kind] += points
        return sums
