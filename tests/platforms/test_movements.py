"""What each platform tells of a member's movements, against an oracle that has only its notes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import NotFoundError
from loyalty_desk.platforms.base import NotTheirLedgerError, Platform
from loyalty_desk.records import Movement
from tests.oracle.movements import lines
from tests.platforms.account import Account, found, order

DAY_US = 86_400_000_000


def movements(platform: Platform, member_id: str) -> list[Movement]:
    """All that the platform tells; nothing of it may be unread."""
    member, unread = found(platform, member_id), list[str]()
    told = list(platform.iter_movements(member.member_id, member.external_id, unread))
    assert unread == []
    return told


def told_of(movement: Movement) -> dict[str, Any]:
    fields = asdict(movement)
    moment = fields.pop("at_utc")
    at = None if moment is None else datetime.fromisoformat(moment)
    del fields["movement_id"]
    return {**fields, "orders": set(movement.orders), "at": at}


def book(account: Account, member_id: str) -> None:
    """One of each kind, on days of their own."""
    now_us = int((utc_now() - timedelta(days=9)).timestamp() * 1e6)
    order_of = {"source": "order_placed", "title": "Order"}
    bookings: list[dict[str, Any]] = [
        {"points": 120, **order_of, "order": [5_500_000_042, "#1042"]},
        {"points": 80, **order_of, "order": [77, "#A-7"], "pending": True},
        {"points": -500, "source": "points_purchase", "title": "5 off"},
        {"points": -30, "source": "expiry", "title": "Expired"},
        {"points": 25, "title": "By hand", "external_note": "thanks", "internal_note": "by eve"},
        {"credits_cents": 1250, "title": "Credit"},
        {"credits_cents": -300, "title": "Credit taken"},
        {"points": 7, **order_of},
    ]
    for day, booking in enumerate(bookings):
        more = {"applied_us": now_us + day * DAY_US}
        if booking.get("pending"):
            more["due_us"] = now_us + 40 * DAY_US
        account.control("POST", f"members/{member_id}/ledger", booking | more)
    taken_back = account.control("POST", f"members/{member_id}/ledger", {"points": 11, **order_of})
    if account.case.name in {"rivo", "trifft"}:  # the others show no such row any more
        account.control("POST", f"ledger/{taken_back['id']}/revoke")


def test_every_movement_is_read_as_the_platforms_notes_say(account: Account) -> None:
    member_id = account.add_member(email="mira@shop.example", points_tally=900)
    book(account, member_id)
    platform = account.platform()
    platform.award(order(found(platform, member_id), message="for the wait"))
    booked = account.control("GET", f"ledger?member_id={member_id}")["data"]
    assert len(booked) == 10

    told = movements(platform, member_id)

    wanted = lines(str(account.case), booked)
    assert {one.movement_id: told_of(one) for one in told} == wanted
    assert len(told) == len(wanted), "none comes twice"
    if platform.newest_first:
        assert told == sorted(told, key=lambda one: -int(one.movement_id))


def test_who_was_there_before_has_movements_too(account: Account) -> None:
    platform = account.platform()
    for member in [one for page in platform.iter_member_pages() for one in page.members][:40]:
        booked = account.control("GET", f"ledger?member_id={member.member_id}")["data"]
        told = movements(platform, member.member_id)
        assert {one.movement_id: told_of(one) for one in told} == lines(str(account.case), booked)


def test_many_movements_are_read_to_the_end(account: Account) -> None:
    member_id = account.add_member(email="busy@shop.example")
    for _ in range(260):  # more than a page of all platforms but LoyaltyLion
        account.control("POST", f"members/{member_id}/ledger", {"points": 1})

    assert len({one.movement_id for one in movements(account.platform(), member_id)}) == 260


def test_where_the_newest_come_first_a_few_take_one_page(account: Account) -> None:
    platform = account.platform()
    if not platform.newest_first:
        pytest.skip("the last ones are on the last page")
    member_id = account.add_member(email="busy@shop.example")
    for _ in range(510):
        account.control("POST", f"members/{member_id}/ledger", {"points": 1})
    member = found(platform, member_id)
    before = account.requests_made()

    told = platform.iter_movements(member_id, member.external_id, [])

    assert [next(told).points for _ in range(10)] == [1] * 10
    assert account.requests_made() == before + 1


def test_of_somebody_whom_the_platform_does_not_know_nothing_is_told(account: Account) -> None:
    platform = account.platform()
    member_id = account.add_member(email="left@shop.example", points_tally=5)
    external_id = found(platform, member_id).external_id
    account.control("DELETE", f"members/{member_id}")

    try:
        told = list(platform.iter_movements(member_id, external_id, []))
    except (NotFoundError, NotTheirLedgerError):
        told = []

    assert told == []


def test_what_is_anothers_is_not_told(account: Account) -> None:
    if account.case.name == "trifft":
        pytest.skip("TRIFFT's transactions do not tell whose they are")
    platform = account.platform()
    old, into = (account.add_member(email=f"{name}@shop.example") for name in ("old", "new"))
    external_id = found(platform, old).external_id
    account.control("POST", f"members/{into}/ledger", {"points": 5})
    account.switch(programme_merged_answers="survivor")
    account.control("POST", f"members/{old}/merge", {"into": into})

    with pytest.raises(NotTheirLedgerError):
        list(platform.iter_movements(old, external_id, []))


def test_when_somebody_joined_is_told_where_the_platform_knows(account: Account) -> None:
    platform = account.platform()
    member_id = account.add_member(email="joined@shop.example")

    joined = found(platform, member_id).joined_at_utc

    assert (joined is not None) == (account.case.name == "loyaltylion")
