"""What no card may say, whatever was received: looked for in the values, never in their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from loyalty_desk.card.keys import CARD, Kind

MOST_POINTS: Final = 1_000_000_000
"""No programme hands out that many points; a larger number is a wrong field or unit."""
_NUMBERS: Final = tuple(key.name for key in CARD if key.kind is Kind.NUMBER)


class CardFault(NamedTuple):
    """Why a record must not become a card. Says which key, never its value."""

    key: str
    reason: str


def find_fault(told: Mapping[str, Any]) -> CardFault | None:
    """The first fault of the card's keys that a record tells."""
    for key in _NUMBERS:
        number = told.get(key)
        if number is None:
            continue
        if type(number) is not int:
            return CardFault(key, "is not a whole number")
        if not -MOST_POINTS <= number <= MOST_POINTS:
            return CardFault(key, f"is beyond {MOST_POINTS:,}, up or down")
    for coupon in told.get("coupons") or ():
        if None in coupon.values():
            return CardFault("coupons", "holds a coupon with nothing under a key")
    return None
