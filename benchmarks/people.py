"""Made-up members and customers for measuring: always the same ones, batch after batch.

Ids rise, as they do in a scan; e-mail addresses come in an order that has nothing to do with it.
Names are as common as in directories, and addresses are of letters, so that those of namesakes are
alike and no number tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from benchmarks.names import Name, draw_apart, letters
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Customer, Member, MemberStatus

BATCH = 5000
CHANGED_SHARE = 0.01
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

FIRST_MEMBER, FIRST_CUSTOMER = 4_000_000, 500_000_000
"""The ids of number 0."""
_FIRST_NAMES, _LAST_NAMES = 2_039, 8_191
"""So many of each are drawn; everybody has two of them, so common ones were drawn often."""
_64_BITS = (1 << 64) - 1
_SYLLABLES = tuple(one + other for one in "bcdfghjklmnpqrstvwxz" for other in "aeiou")
_DOMAINS = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "shop.example", "mail.example")
_TIERS = ("Bronze", "Silver", "Gold")
_A_PRIME = 7919  # walks through all numbers in an order that no index likes


def member_batches(count: int) -> Iterator[list[Member]]:
    for start in range(0, count, BATCH):
        yield [member(number) for number in range(start, min(start + BATCH, count))]


def customer_batches(count: int) -> Iterator[list[Customer]]:
    for start in range(0, count, BATCH):
        yield [customer(number, count) for number in range(start, min(start + BATCH, count))]


def changed_member_batches(count: int, share: float) -> Iterator[list[Member]]:
    """The members whose balance changed, spread over all of them."""
    step = round(1 / share)
    numbers = range(1, count, step)
    for start in range(0, len(numbers), BATCH):
        yield [member(number, more_points=50) for number in numbers[start : start + BATCH]]


def changed_customer_batches(count: int, share: float) -> Iterator[list[Customer]]:
    """The customers that were updated since; each tenth of them with another e-mail address."""
    step = round(1 / share)
    numbers = range(3, count, step)
    for start in range(0, len(numbers), BATCH):
        yield [
            customer(number, count, days_later=1, new_email=number % (10 * step) == 3)
            for number in numbers[start : start + BATCH]
        ]


def member(number: int, *, more_points: int = 0) -> Member:
    """One in a hundred has no e-mail address, one in two hundred is excluded."""
    points = number * 13 % 5000 + more_points
    tier = min(points // 1700, 2)
    return Member(
        member_id=str(FIRST_MEMBER + number),
        email=None if number % 100 == 7 else _email(number),
        status=MemberStatus.EXCLUDED if number % 200 == 9 else MemberStatus.MEMBER,
        card={
            "name": name(number).whole,
            "points_balance": points,
            "credits_balance": f"{number % 90}.50",
            "tier": _TIERS[tier],
            "referral_url": f"https://shop.example/r/{number:x}",
            "referral_code": f"{number:x}",
            "coupons": [],
            "birthday": f"{1950 + number % 50}-0{number % 9 + 1}-15",
        },
        phone=f"+4930{number:08d}" if number % 3 == 0 else None,
        external_id=str(7_000_000_000 + number),
        tier_rank=tier + 1,
    )


def customer(number: int, count: int, *, days_later: int = 0, new_email: bool = False) -> Customer:
    """Four in five have the e-mail address of a member, a third of these in another spelling."""
    of = holder(number, count)
    email = _email(of) if of % 5 else f"guest{number}@shop.example"
    if new_email:
        email = f"moved{number}@shop.example"
    elif of % 3 == 0:
        email = email.title()
    other: dict[str, Any] = {"shop": {"orders": number % 40, "vip": number % 50 == 0}}
    return Customer(
        customer_id=FIRST_CUSTOMER + number,
        email=email,
        name=name(of).whole,
        external_id=str(7_000_000_000 + of),
        updated_at_utc=utc_text(START - timedelta(days=30 - days_later, seconds=number % 86_400)),
        data=other if number % 4 == 0 else {},
    )


def member_of(number: int, count: int) -> Member | None:
    """The member whose card a customer has; None for a guest, and for one without a balance."""
    of = holder(number, count)
    found = member(of)
    has_one = of % 5 and found.email and found.status == MemberStatus.MEMBER
    return found if has_one else None


def count_cards(count: int) -> int:
    """How many customers have a member's card to get, once all are read."""
    return sum(_has_card(number, count) for number in range(count))


def count_changed_cards(count: int, share: float) -> int:
    """How many customers' cards are others after the change: of another balance, or taken away."""
    step = round(1 / share)
    changed = set(range(1, count, step))
    moved = {number for number in range(3, count, step) if number % (10 * step) == 3}
    return sum(
        _has_card(number, count) and (number in moved or holder(number, count) in changed)
        for number in range(count)
    )


def _has_card(number: int, count: int) -> bool:
    of = holder(number, count)
    return of % 5 != 0 and of % 100 != 7 and of % 200 != 9


def holder(number: int, count: int) -> int:
    """The number of the member whose name, and mostly whose address, a customer has."""
    return number * _A_PRIME % count


def name(number: int) -> Name:
    first, last = _drawn(number)
    return Name(first[0], last[0])


def plain_address(number: int) -> str:
    """First and last name as they stand in an address."""
    first, last = _drawn(number)
    return f"{first[1]}.{last[1]}".strip(".")


def _email(number: int) -> str:
    return f"{plain_address(number)}.{_word(number)}@{_DOMAINS[number % 6]}"


def _drawn(number: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """The first and the last name of somebody, each as it is and as it stands in an address."""
    firsts, lasts = _names()
    last, first = divmod(_mixed(number), _FIRST_NAMES)
    return firsts[first], lasts[last % _LAST_NAMES]


def _mixed(number: int) -> int:
    """A number like a random one, as splitmix64 makes it."""
    mixed = number * 0x9E3779B97F4A7C15 & _64_BITS
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _64_BITS
    return mixed ^ mixed >> 31


@cache
def _names() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    drawn = draw_apart(_LAST_NAMES)
    return (
        [(one.first, letters(one.first)) for one in drawn[:_FIRST_NAMES]],
        [(one.last, letters(one.last)) for one in drawn],
    )


def _word(number: int) -> str:
    """A number as a word of its own."""
    word = ""
    while number or not word:
        number, syllable = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return word
