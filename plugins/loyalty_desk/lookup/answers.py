"""What a lookup answers: a card, how fresh it is, and for nobody why and what to do. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty_desk.card.cards import absent_card
from loyalty_desk.card.shown import shown_card
from loyalty_desk.clock import parse_utc
from loyalty_desk.lookup.staged import Found
from loyalty_desk.records import Outcome
from loyalty_desk.texts.of_store import shipped_english
from loyalty_desk.texts.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """One answer. `source` is `fresh` or `staged`; `age_s` is None when it was never read."""

    found: Found
    source: str
    age_s: int | None

    @classmethod
    def of(cls, found: Found, source: str, now: datetime) -> LookedUp:
        as_of = found.as_of_utc
        age_s = None if as_of is None else max(0, int((now - parse_utc(as_of)).total_seconds()))
        return cls(found=found, source=source, age_s=age_s)

    def content(
        self, currency: str | None = None, *, reads_movements: bool = False
    ) -> dict[str, Any]:
        """The card as it stands at the store's place, with how old it is and where it is from."""
        said = self.found.wording.shown(self.found.card)
        card = shown_card(
            said,
            self.found.as_of_utc,
            currency,
            self.found.activity,
            reads_movements=reads_movements,
        )
        return {**card, "source": self.source, "age_s": self.age_s}


def nobody(
    outcome: Outcome, as_of_utc: str | None = None, wording: Wording | None = None
) -> LookedUp:
    """The answer for who is no member; fresh, as there is nothing older that could be shown."""
    found = Found(
        member_id=None,
        card=absent_card(outcome),
        as_of_utc=as_of_utc,
        wording=wording or shipped_english(),
    )
    return LookedUp(found=found, source="fresh", age_s=0)
