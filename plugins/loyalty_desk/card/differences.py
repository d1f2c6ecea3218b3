"""What differs between two cards, field by field, in words for people. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from loyalty_desk.card.cards import SYNCED_AT
from loyalty_desk.card.keys import CARD, KEYS
from loyalty_desk.classes import CARD_CLASSES

NOTHING: Final = "—"
MOST_SHOWN: Final = 200
"""Letters of a value; a card may hold long texts, and many coupons."""
_FOLLOWS: Final = frozenset({SYNCED_AT, "summary"})
"""What differs whenever something else does."""
_ORDER: Final = {key.name: place for place, key in enumerate(CARD)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a card that two cards do not have alike. One per key of the card."""

    key: str
    label: str
    old: str
    new: str


def find_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields that differ, in the order of the card."""
    keys = {key for key in (*before, *after) if before.get(key) != after.get(key)} - _FOLLOWS
    return [
        Difference(
            key=key,
            label=label_of(key),
            old=shortened(in_words(key, before.get(key))),
            new=shortened(in_words(key, after.get(key))),
        )
        for key in in_order(keys)
    ]


def in_order(keys: Iterable[str]) -> list[str]:
    """Keys of a card in its own order, and then those of other versions of ours."""
    return sorted(keys, key=lambda key: (_ORDER.get(key, len(_ORDER)), key))


def label_of(key: str) -> str:
    """What people read beside a value; a key of another version of ours has none."""
    found = KEYS.get(key)
    return found.label if found else key.replace("_", " ").capitalize()


def in_words(key: str, value: Any) -> str:
    """A value of a card as people read it; what there is not is a dash."""
    if key == "status":
        return _STATUSES.get(value) or str(value or "").capitalize() or NOTHING
    return _plain(value) or NOTHING


def shortened(text: str) -> str:
    return f"{text[:MOST_SHOWN]}…" if len(text) > MOST_SHOWN else text


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case {"name": name}:  # a coupon
            return str(name)
        case list():
            return ", ".join(map(_plain, value))
    return str(value)


_STATUSES: Final = {outcome.value: text.summary for outcome, text in CARD_CLASSES.items()}
