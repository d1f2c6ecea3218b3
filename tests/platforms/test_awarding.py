"""Conformance, awarding: booked as ordered, once, and found again by its marker."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError, LoyaltyDeskError
from loyalty_desk.platforms.base import Platform
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import Unit
from tests.platforms.account import MARKER, Account, found, markers_of, order

EMAIL = "mira+club@shop.example"
MESSAGE = "Sorry & danke: 5 € ☕"


@pytest.fixture
def member_id(account: Account) -> str:
    return account.add_member(email=EMAIL, points_tally=200)


@pytest.fixture
def platform(account: Account) -> Platform:
    return account.platform(for_awards=True, max_wait_s=5)


def markers_in_ledger(platform: Platform, member_id: str) -> int:
    """How often the ledger holds the marker, as the worker looks for it."""
    entries = platform.iter_ledger(member_id)
    return sum(MARKER in (entry.marker_text or "") for entry in entries)


@pytest.mark.parametrize("amount", ["50", "-20", "1000"])
def test_points_are_booked_as_ordered(
    account: Account, platform: Platform, member_id: str, amount: str
) -> None:
    member = found(platform, member_id)

    entry_id = platform.award(order(member, amount, message=MESSAGE))

    (booked,) = account.booked()
    assert entry_id
    assert str(booked["member_id"]) == member_id
    assert booked["points"] == int(amount)
    assert MESSAGE in booked["external_note"]
    assert MARKER in markers_of(booked)
    assert found(platform, member_id).card["points_balance"] == 200 + int(amount)
    assert markers_in_ledger(platform, member_id) == 1


def test_the_id_that_an_award_answers_is_that_of_its_entry(
    account: Account, platform: Platform, member_id: str
) -> None:
    entry_id = platform.award(order(found(platform, member_id)))

    ids = [entry.entry_id for entry in platform.iter_ledger(member_id)]
    if account.case.name == "loyaltylion":  # its answer has no content, so the marker stands in
        assert entry_id == MARKER
    else:
        assert entry_id in ids


def test_a_member_is_not_shown_what_is_for_staff(
    account: Account, platform: Platform, member_id: str
) -> None:
    platform.award(order(found(platform, member_id), note="rude customer", message=MESSAGE))

    assert "rude" not in str(account.booked()[0]["external_note"])


def test_the_ledger_is_that_of_one_member_and_whole(
    account: Account, platform: Platform, member_id: str
) -> None:
    other = found(platform, account.add_member(email="other@shop.example"))
    platform.award(order(other))
    for number in range(3):
        platform.award(order(found(platform, member_id), marker=f"ld:{number}"))

    markers = [entry.marker_text or "" for entry in platform.iter_ledger(member_id)]
    assert [sum(f"ld:{number}" in marker for marker in markers) for number in range(3)] == [1, 1, 1]
    assert markers_in_ledger(platform, member_id) == 0
    assert markers_in_ledger(platform, other.member_id) == 1


LOST = [
    {"effect": "drop", "after": True},
    {"effect": "drop"},
    {"effect": "status", "status": 503, "after": True},
    {"effect": "status", "status": 503},
    {"effect": "html", "status": 200, "after": True},
    {"effect": "truncate"},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: "_".join(map(str, fault.values())))
def test_what_may_have_arrived_is_never_sent_again(
    account: Account, platform: Platform, member_id: str, fault: dict[str, Any]
) -> None:
    member = found(platform, member_id)
    account.spoil_award(**fault)
    before = account.requests_made()

    try:
        answered = platform.award(order(member))
    except ApiUnavailableError as lost:
        answered = None if lost.may_have_arrived else "surely not booked"
    assert account.requests_made() - before == 1
    if account.booked():
        # Then it is found, whatever came back.
        assert markers_in_ledger(platform, member_id) == 1
    else:
        assert answered is None


def test_a_429_is_waited_for_and_books_once(
    account: Account, platform: Platform, member_id: str
) -> None:
    member = found(platform, member_id)
    account.spoil_award("status", status=429, retry_after="1")

    assert account.platform(for_awards=True).award(order(member))
    assert len(account.booked()) == 1


def test_without_patience_a_429_surely_did_not_book(
    account: Account, platform: Platform, member_id: str
) -> None:
    member = found(platform, member_id)
    account.spoil_award("status", status=429, count=None)

    with pytest.raises(ApiUnavailableError) as caught:
        account.platform(for_awards=True, max_wait_s=0).award(order(member))

    assert not caught.value.may_have_arrived
    assert account.booked() == []


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refusal_is_one_and_books_nothing(
    account: Account, platform: Platform, member_id: str, status: int
) -> None:
    member = found(platform, member_id)
    account.spoil_award("status", status=status)

    with pytest.raises(ApiError) as caught:
        platform.award(order(member))

    assert caught.value.status == status
    assert account.booked() == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_award_is_named(
    account: Account, platform: Platform, member_id: str, status: int
) -> None:
    member = found(platform, member_id)
    account.spoil_award("status", status=status)

    with pytest.raises(BadConnectionError, match=f"{account.case.name}_acme"):
        platform.award(order(member))


def test_somebody_who_left_is_refused(account: Account, platform: Platform, member_id: str) -> None:
    member = found(platform, member_id)
    account.control("DELETE", f"members/{member_id}")

    with pytest.raises(ApiError):
        platform.award(order(member))
    assert account.booked() == []


def test_a_ledger_that_cannot_be_read_is_not_an_empty_one(
    account: Account, platform: Platform, member_id: str
) -> None:
    platform.award(order(found(platform, member_id)))
    account.spoil("status", method="GET", status=503, count=None)

    with pytest.raises(LoyaltyDeskError):
        markers_in_ledger(platform, member_id)


def test_a_booking_that_does_not_show_yet_is_not_there(
    account: Account, platform: Platform, member_id: str
) -> None:
    account.switch(**{account.case.hides_entries: 1e6})

    platform.award(order(found(platform, member_id)))

    assert markers_in_ledger(platform, member_id) == 0
    assert len(account.booked()) == 1


def test_credits_are_booked_only_where_there_are_any(account: Account, member_id: str) -> None:
    units = award_units(account.store())

    assert Unit.POINTS in units
    assert (Unit.CREDITS in units) == ("credits_balance" in account.capabilities.card_keys)


def test_nothing_personal_or_secret_is_logged(
    account: Account, platform: Platform, member_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    member, said = found(platform, member_id), ""
    with caplog.at_level(logging.DEBUG):
        for fault in ({"status": 503}, {"status": 422}, {"status": 401}):
            account.spoil_award("status", **fault)
            try:
                platform.award(order(member, note="a note", message=MESSAGE))
            except LoyaltyDeskError as error:
                said += str(error)

    for hidden in ("mira", "a note", "danke", *account.secrets()):
        assert hidden not in caplog.text + said
