"""LoyaltyLion's ledger, read row by row as it is documented."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.platforms.base import Account, LedgerEntry
from loyalty_desk.platforms.loyaltylion import LoyaltyLionPlatform
from tests.scripted import ScriptedTransport

CUSTOMER = {
    "id": 88,
    "merchant_id": "70012",
    "email": "mira@shop.example",
    "points_approved": 260,
    "points_pending": 0,
    "enrolled": True,
    "guest": False,
    "blocked": False,
}
NOTHING = dict.fromkeys(("adjustment", "activity", "claimed_reward", "expiry"))
BY_HAND: dict[str, Any] = {
    "id": 5,
    "customer": {"id": 88},
    "points_approved": 50,
    "points_pending": 0,
    "created_at": "2026-03-01T08:00:00.000Z",
    **NOTHING,
    "resource": "adjustment",
    "adjustment": {"note": "Sorry [ld:0f3a77]"},
}
BY_ORDER = BY_HAND | NOTHING | {"id": 4, "resource": "activity", "activity": {"id": 9}}


def entries(*rows: dict[str, Any]) -> list[LedgerEntry]:
    api = ScriptedTransport()
    api.will_answer({"customers": [CUSTOMER], "cursor": {"prev": None, "next": None}})
    api.will_answer({"transactions": list(rows), "cursor": {"prev": None, "next": None}})
    platform = LoyaltyLionPlatform(api, Account(key="pat_1"))
    return list(platform.iter_ledger("88"))


def test_the_reason_of_a_booking_is_the_note_of_its_adjustment() -> None:
    by_hand, by_order = entries(BY_HAND, BY_ORDER)

    assert by_hand == LedgerEntry(entry_id="5", marker_text="Sorry [ld:0f3a77]", member_id="88")
    assert by_order == LedgerEntry(entry_id="4", marker_text=None, member_id="88")


def test_a_booking_waits_while_its_points_are_pending() -> None:
    (waits,) = entries(BY_HAND | {"points_approved": 0, "points_pending": 50})

    assert waits.is_pending


def test_a_row_that_does_not_tell_its_adjustment_may_be_the_one_that_is_looked_for() -> None:
    with pytest.raises(ApiUnavailableError):
        entries({key: value for key, value in BY_HAND.items() if key != "adjustment"})
