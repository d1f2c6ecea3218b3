"""The sentences of a card in the one form that cards are compared in. No I/O.

A card has them whoever it is of, since Gorgias prints a blank for a gap. What a shopper is told is
made by `texts/`, from files and in their language; this is the English of before there were any, by
which a card written then is known again. Those of `TEXT_KEYS` follow from the rest of the card, so
staging does not keep them, and they are no change of a card by themselves. The one about the last
award tells what was booked, or is empty; staging keeps it where it says something, and
`read_booked` reads it back for other languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from loyalty_desk.card.keys import BESIDE
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import Outcome, Unit

NO_BALANCE: Final = "We cannot see your points balance at the moment."
NO_TIER: Final = "We cannot see a VIP tier for you at the moment."
NO_REFERRAL: Final = "We cannot see a referral link for you at the moment."
UNSAID: Final = CARD_CLASSES[Outcome.CUSTOMER_NOT_FOUND]
LAST_AWARD: Final = "last_award_text"
"""The one sentence that may be empty: then nothing is said of an award."""
BEING_CHECKED: Final = "Your request is being checked."


class Booked(NamedTuple):
    """What a sentence about an award says; `amount` is signed, in points or hundredths."""

    unit: Unit
    amount: int
    month: int
    day: int
    takes_back: bool


def with_texts(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card with each sentence in that form; that about an award is a member's alone."""
    said = card.get(LAST_AWARD) if card.get("member") else None
    return {**card, **texts_of(card), LAST_AWARD: said or ""}


def without_texts(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card as staging keeps it, of one as it is shown."""
    kept = {key: value for key, value in card.items() if key not in _MADE_TO_BE_SHOWN}
    if kept.get(LAST_AWARD) == "":
        del kept[LAST_AWARD]
    return kept


def texts_of(card: Mapping[str, Any]) -> dict[str, str]:
    """The sentences that follow from a card; unknown is said to be unknown, never zero or none."""
    if not card.get("member"):
        status = card.get("status")
        # Whatever another tool wrote in the place of our card has a status that is none of ours.
        said = next((text for one, text in CARD_CLASSES.items() if one == status), UNSAID)
        return dict.fromkeys(TEXT_KEYS, said.sentence)
    return {key: sentence(card) for key, sentence in _SENTENCES.items()}


def booked_text(unit: Unit, amount: int, booked_on: date, *, takes_back: bool) -> str:
    """What was booked; `amount` is signed, in points or hundredths of a credit."""
    size = abs(amount)
    how_much = f"{size:,} {'point' if size == 1 else 'points'}"
    if unit is Unit.CREDITS:
        how_much = f"{size // 100:,}.{size % 100:02} in store credit"
    given = "gave" if takes_back else "added"
    back = " back" if takes_back else ""
    did = given if amount > 0 else "took"
    return f"We {did} {how_much}{back} on {booked_on.day} {booked_on:%B}."


def read_booked(text: str) -> Booked | None:
    """What `booked_text` has put into words; None for any other text."""
    found = _BOOKED(text)
    if found is None:
        return None
    unit = Unit.POINTS if found["points"] else Unit.CREDITS
    size = int(re.sub(r"\D", "", found["points"] or found["credits"]))
    return Booked(
        unit=unit,
        amount=-size if found["did"] == "took" else size,
        month=_MONTHS.index(found["month"]) + 1,
        day=int(found["day"]),
        takes_back=found["back"] is not None,
    )


def _balance(card: Mapping[str, Any]) -> str:
    points, credits_text = card.get("points_balance"), card.get("credits_balance")
    parts = []
    if isinstance(points, int):
        parts.append(f"{points:,} {'point' if points == 1 else 'points'}")
    if credits_text is not None and credits_text != "0":
        parts.append(f"{credits_text} in store credit")
    return f"You have {' and '.join(parts)}." if parts else NO_BALANCE


def _tier(card: Mapping[str, Any]) -> str:
    tier, following = card.get("tier"), card.get("next_tier")
    if tier is None:
        return NO_TIER
    missing = card.get("points_to_next_tier")
    more = f", {missing:,} points away" if isinstance(missing, int) else ""
    return f"Your VIP tier is {tier}." + (f" Next is {following}{more}." if following else "")


def _referral(card: Mapping[str, Any]) -> str:
    url = card.get("referral_url")
    return NO_REFERRAL if url is None else f"Your referral link: {url}"


_SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "balance_text": _balance,
    "tier_text": _tier,
    "referral_text": _referral,
}
TEXT_KEYS: Final = tuple(_SENTENCES)
"""The sentences that follow from a card."""
_MADE_TO_BE_SHOWN: Final = frozenset({*TEXT_KEYS, *BESIDE})

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_BOOKED: Final = re.compile(
    r"We (?P<did>added|took|gave) "
    r"(?:(?P<points>[\d,]+) points?|(?P<credits>[\d,]+\.\d\d) in store credit)(?P<back> back)?"
    rf" on (?P<day>\d{{1,2}}) (?P<month>{'|'.join(_MONTHS)})\."
).fullmatch
