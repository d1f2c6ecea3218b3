"""Web addresses on a card: agents click on them, and macros send them to shoppers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from loyalty_desk.card.keys import CARD, is_address

_IS_WEB: Final = re.compile(
    r"https?://"
    r"(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\<>\"\[\]]+)(?::[0-9]+)?"  # with no name of a user before it
    r"(?:[/?#][^\s\\<>\"]*)?",
    re.IGNORECASE,
).fullmatch
_OF_CARDS: Final = tuple(key.name for key in CARD if is_address(key.name))


def is_web_address(value: object) -> bool:
    """Whether it is an http(s) address and nothing that a browser could take for something else."""
    return isinstance(value, str) and _IS_WEB(value) is not None


def drop_other_addresses(card: dict[str, Any]) -> None:
    """Take from a card, and from its coupons, each address that is not http(s)."""
    for name in _OF_CARDS:
        if name in card and not is_web_address(card[name]):
            del card[name]
    coupons = card.get("coupons")
    if isinstance(coupons, list):
        card["coupons"] = [_without_others(coupon) for coupon in coupons]


def _without_others(coupon: Any) -> Any:
    if not isinstance(coupon, Mapping):
        return coupon
    return {
        name: value
        for name, value in coupon.items()
        if not is_address(name) or is_web_address(value)
    }
