"""What a lookup answers: a card, how fresh it is, and for nobody why and what to do. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from loyalty_desk.card.cards import absent_card
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.clock import parse_utc
from loyalty_desk.lookup.staged import Found
from loyalty_desk.records import Outcome
from loyalty_desk.texts.of_store import shipped_english
from loyalty_desk.texts.wording import Wording

IF_MEMBER: Final = "if_member"
IF_NOT_MEMBER: Final = "if_not_member"


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

    def content(self) -> dict[str, Any]:
        """The card as Gorgias gets it, with how old it is and, for nobody, what to do.

        A widget shows a card only when its part of the data is there, so a member's and everybody
        else's come once more under a key of their own: no row of theirs is ever empty.
        """
        help_text = {} if self.found.member_id else _help(self.found.card["status"])
        answer = {
            **self.found.wording.shown(self.found.card),
            "source": self.source,
            "as_of": self.found.as_of_utc,
            "age_s": self.age_s,
            **help_text,
        }
        return answer | {IF_NOT_MEMBER if help_text else IF_MEMBER: _flat(answer)}


def _help(status: str) -> dict[str, str]:
    text = CARD_CLASSES[Outcome(status)]
    return {"reason": text.reason, "what_to_do": text.what_to_do}


def _flat(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with lists of text as one text; how a widget prints such a list is not known."""
    return {key: ", ".join(value) if _is_texts(value) else value for key, value in answer.items()}


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


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
