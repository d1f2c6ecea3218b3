"""Made-up members and customers for measuring: always the same ones, batch after batch.

Ids rise, as they do in a scan; e-mail addresses come in an order that has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from loyalty_desk.clock import utc_text
from loyalty_desk.records import Customer, Member, MemberStatus

BATCH = 5000
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_FIRST = ("ada", "grace", "alan", "edsger", "barbara", "donald", "radia", "ken", "joan", "tim")
_LAST = ("lovelace", "hopper", "turing", "dijkstra", "liskov", "knuth", "perlman", "clarke")
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
        member_id=str(4_000_000 + number),
        email=None if number % 100 == 7 else _email(number),
        status=MemberStatus.EXCLUDED if number % 200 == 9 else MemberStatus.MEMBER,
        card={
            "name": f"{_FIRST[number % 10]} {_LAST[number % 8]}".title(),
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
    holder = number * _A_PRIME % count
    email = _email(holder) if holder % 5 else f"guest{number}@shop.example"
    if new_email:
        email = f"moved{number}@shop.example"
    elif holder % 3 == 0:
        email = email.title()
    other: dict[str, Any] = {"shop": {"orders": number % 40, "vip": number % 50 == 0}}
    return Customer(
        customer_id=500_000_000 + number,
        email=email,
        name=f"{_FIRST[holder % 10]} {_LAST[holder % 8]}".title(),
        external_id=str(7_000_000_000 + holder),
        updated_at_utc=utc_text(START - timedelta(days=30 - days_later, seconds=number % 86_400)),
        data=other if number % 4 == 0 else {},
    )


def member_of(number: int, count: int) -> Member | None:
    """The member whose card a customer has; None for a guest, and for one without a balance."""
    holder = number * _A_PRIME % count
    found = member(holder)
    has_one = holder % 5 and found.email and found.status == MemberStatus.MEMBER
    return found if has_one else None


def _email(number: int) -> str:
    return f"{_FIRST[number % 10]}.{_LAST[number % 8]}{number}@{_DOMAINS[number % 6]}"
