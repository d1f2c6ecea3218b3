"""The ledger of a whole shop, as each platform lists it, against an oracle of its own notes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.platforms.base import Platform, ShopEntry, ShopPage
from loyalty_desk.platforms.guesses import resolve
from loyalty_desk.platforms.loyaltylion import GUESSES
from loyalty_desk.platforms.loyaltylion_ledger import read_shop_entry as read_of_loyaltylion
from loyalty_desk.platforms.reading import read_shop_page
from loyalty_desk.platforms.rivo_ledger import read_shop_entry as read_of_rivo
from loyalty_desk.platforms.smile import read_shop_entry as read_of_smile
from tests.oracle.movements import KINDS_TOLD, entries_of_shop
from tests.platforms.account import MARKER, Account, found, order

HOUR = timedelta(hours=1)
MANY = 1_030
"""More than two pages of the platform with the largest pages."""


@pytest.fixture
def listing(account: Account) -> Account:
    if not account.capabilities.ledger_kinds:
        pytest.skip("lists no ledger of everybody")
    return account


def pages(
    platform: Platform, cursor: str, settled_before: datetime | None = None
) -> list[ShopPage]:
    return list(platform.iter_shop_ledger(cursor, settled_before or utc_now() - HOUR))


def entries(platform: Platform, cursor: str) -> list[ShopEntry]:
    """All that is listed; nothing of it may be unread."""
    told = pages(platform, cursor)
    assert [field for page in told for field in page.unread] == []
    return [entry for page in told for entry in page.entries]


def book(account: Account, member_id: str) -> None:
    of_order = {"source": "order_placed", "title": "Order"}
    bookings: list[dict[str, Any]] = [
        {"points": 120, **of_order, "order": [5_500_000_042, "#1042"]},
        {"points": -20, **of_order},
        {"points": 80, "source": "referral_complete", "title": "A friend"},
        {"points": -500, "source": "points_purchase", "title": "5 off"},
        {"points": -30, "source": "expiry", "title": "Expired"},
        {"points": 25, "title": "By hand", "external_note": "thanks", "internal_note": "by eve"},
        {"points": -4, "title": "By hand"},
        {"points": 11, "source": "birthday", "title": "Many happy returns"},
    ]
    for booking in bookings:
        account.control("POST", f"members/{member_id}/ledger", booking)


def test_each_platform_lists_a_ledger_as_its_notes_say(account: Account) -> None:
    kinds = {str(kind) for kind in account.capabilities.ledger_kinds}
    assert kinds == KINDS_TOLD[account.case.name]


def test_what_moved_anybodys_balance_is_told_once_and_by_kind(listing: Account) -> None:
    platform = listing.platform()
    ids = [listing.add_member(email=f"{name}@shop.example", points_tally=900) for name in "ab"]
    before = entries(platform, cursor := platform.find_ledger_end(utc_now()))
    for member_id in ids:
        book(listing, member_id)
    platform.award(order(found(platform, ids[0]), message="for the wait"))
    if listing.case.name == "rivo":  # the others show no such row any more
        taken_back = listing.control("POST", f"members/{ids[1]}/ledger", {"points": 11})
        listing.control("POST", f"ledger/{taken_back['id']}/revoke")

    told = entries(platform, cursor)

    assert before == []
    assert {
        one.entry_id: (one.kind.value, one.points, one.member_id) for one in told
    } == entries_of_shop(listing.case.name, listing.booked())
    assert len(told) == len({one.entry_id for one in told})
    assert [one.points for one in told if MARKER in (one.marker_text or "")] == [50]
    assert all(one.created_at_utc for one in told)


def test_a_ledger_of_many_pages_is_read_to_its_end(listing: Account) -> None:
    platform = listing.platform()
    member_id = listing.add_member(email="busy@shop.example")
    cursor = platform.find_ledger_end(utc_now())
    for _ in range(MANY):
        listing.control("POST", f"members/{member_id}/ledger", {"points": 1})

    told = pages(platform, cursor)

    assert len(told) > 2
    assert len({one.entry_id for page in told for one in page.entries}) == MANY


def test_the_end_is_found_in_a_few_requests_and_what_was_before_is_not_told(
    listing: Account,
) -> None:
    platform = listing.platform()
    before = listing.requests_made()

    cursor = platform.find_ledger_end(utc_now())

    assert listing.requests_made() - before <= 70
    assert entries(platform, cursor) == []


def test_what_is_young_is_told_again_and_what_is_old_is_not(listing: Account) -> None:
    platform = listing.platform()
    member_id = listing.add_member(email="ada@shop.example")
    cursor = platform.find_ledger_end(utc_now())
    listing.control("POST", f"members/{member_id}/ledger", {"points": 5})

    young = pages(platform, cursor)[-1].cursor
    settled = pages(platform, cursor, utc_now() + HOUR)[-1].cursor

    assert (young, settled) != (None, None)
    assert [one.points for one in entries(platform, young or "")] == [5]
    assert entries(platform, settled or "") == []


def test_a_read_that_was_cut_short_goes_on_or_begins_again(listing: Account) -> None:
    """By rising ids each page can be gone on from; the newest first only a whole read is whole."""
    platform = listing.platform()
    member_id = listing.add_member(email="busy@shop.example")
    cursor = platform.find_ledger_end(utc_now())
    for _ in range(MANY):
        listing.control("POST", f"members/{member_id}/ledger", {"points": 1})
    first = next(platform.iter_shop_ledger(cursor, utc_now() + HOUR))
    goes_on = first.cursor
    rest = entries(platform, goes_on or cursor)

    assert (goes_on is not None) == (listing.case.name == "rivo")
    ids = {one.entry_id for one in first.entries}
    assert len(ids | {one.entry_id for one in rest}) == MANY
    assert len(rest) == (MANY - len(ids) if goes_on else MANY)


@pytest.mark.parametrize("name", ["rivo", "smile", "loyaltylion"])
def test_a_row_that_is_no_use_is_set_aside_and_the_page_goes_on(name: str) -> None:
    read = {
        "rivo": read_of_rivo,
        "smile": read_of_smile,
        "loyaltylion": lambda row: read_of_loyaltylion(row, resolve(GUESSES, {})),
    }[name]
    good = {
        "rivo": {"id": 7, "attributes": {"points_diff": 5, "source": "new_thing"}},
        "smile": {"id": 7, "points_change": 5},
        "loyaltylion": {"id": 7, "points_approved": 5, "resource": "new_thing"},
    }[name]

    page = read_shop_page([None, {"id": "x"}, good, {**good, "id": True}], read)

    assert [(one.entry_id, one.kind, one.points) for one in page.entries] == [("7", "added", 5)]
    assert len(page.unread) == 3
