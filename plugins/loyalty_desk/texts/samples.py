"""Cards that have each sentence said: to look at texts, and to try them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from typing import Any, Final

from loyalty_desk.card.cards import absent_card, member_card
from loyalty_desk.card.texts import BEING_CHECKED, LAST_AWARD, booked_text
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import MemberStatus, Unit

NUMBERS: Final = (0, 1, 2, 5, 21, 1_000_000)
"""Numbers with which the forms of a noun show in every language."""
_DAYS: Final = (date(2026, 3, 1), date(2026, 11, 28))


def _iter_samples() -> Iterator[Mapping[str, Any]]:
    yield _member()
    for number in NUMBERS:
        yield _member(points_balance=number, tier="Gold", next_tier="Onyx")
        yield _member(points_balance=number, credits_balance="12.5", tier="Gold")
        away = {"tier": "Gold", "next_tier": "Onyx", "points_to_next_tier": number}
        yield _member(**away, credits_balance="1250.50", referral_url="https://shop.example/r/7")
    for unit, amount, back, day in product(Unit, (1, 200, -2, -500), (False, True), _DAYS):
        yield _member(**{LAST_AWARD: booked_text(unit, amount, day, takes_back=back)})
    yield _member(**{LAST_AWARD: BEING_CHECKED})
    yield from map(absent_card, CARD_CLASSES)


def _member(**told: Any) -> dict[str, Any]:
    return member_card("7", MemberStatus.MEMBER, told)


def _iter_numbers() -> Iterator[Mapping[str, Any]]:
    """Every sentence that has numbers, with each of them."""
    amounts = [sign * number for number in NUMBERS if number for sign in (1, -1)]
    for unit, amount, back, day in product(Unit, amounts, (False, True), _DAYS):
        yield _member(**{LAST_AWARD: booked_text(unit, amount, day, takes_back=back)})
    for number, told in product(NUMBERS, (*map(str, NUMBERS), "12.5", "1250.50")):
        yield _member(points_balance=number, credits_balance=told)
        yield _member(credits_balance=told)


SAMPLES: Final = tuple(_iter_samples())
"""A member of whom nothing is known, each number, each kind of award, and each class."""
TRIED: Final = (*SAMPLES, *_iter_numbers())
"""What a store's own texts are tried with before it uses them."""
