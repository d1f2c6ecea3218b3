"""Sentences for macros: on every card, whoever it is of, since Gorgias prints a blank for a gap.

They are said to the shopper, and follow from the rest of the card. So staging does not keep them,
and they are no change of a card by themselves. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from loyalty_desk.card.keys import CARD, Kind
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import Outcome

NO_BALANCE: Final = "We cannot see your points balance at the moment."
NO_TIER: Final = "We cannot see a VIP tier for you at the moment."
NO_REFERRAL: Final = "We cannot see a referral link for you at the moment."
UNSAID: Final = CARD_CLASSES[Outcome.CUSTOMER_NOT_FOUND]
TEXT_KEYS: Final = tuple(key.name for key in CARD if key.kind is Kind.SENTENCE)


def with_texts(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card as it is shown, with a sentence under each of `TEXT_KEYS`."""
    return {**card, **texts_of(card)}


def without_texts(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card as staging keeps it."""
    return {key: value for key, value in card.items() if key not in TEXT_KEYS}


def texts_of(card: Mapping[str, Any]) -> dict[str, str]:
    """The sentences that follow from a card; unknown is said to be unknown, never zero or none."""
    if not card.get("member"):
        status = card.get("status")
        # Whatever another tool wrote in the place of our card has a status that is none of ours.
        said = next((text for one, text in CARD_CLASSES.items() if one == status), UNSAID)
        return dict.fromkeys(TEXT_KEYS, said.sentence)
    return {key: _SENTENCES[key](card) for key in TEXT_KEYS}


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
