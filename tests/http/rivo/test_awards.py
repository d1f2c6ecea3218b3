"""Awards at a real Rivo stand-in: each is booked exactly once."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from loyalty_desk.errors import ApiError, ApiUnavailableError
from loyalty_desk.hooks.connections import loyalty_platform
from loyalty_desk.platforms import rivo
from loyalty_desk.platforms.base import Account, Platform
from loyalty_desk.records import Unit
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.http.rivo.booking import NOTE, booked, order, spoil
from tests.scripted import ScriptedTransport
from tests.waiting import wait_until_served


def balances(platform: Platform, member_id: str) -> tuple[Any, Any]:
    member = platform.find_member(member_id)
    assert member is not None
    return member.card["points_balance"], member.card["credits_balance"]


@pytest.mark.parametrize(
    ("unit", "amount", "points", "credits_text"),
    [
        (Unit.POINTS, "50", 50, "0.00"),
        (Unit.POINTS, "-20", -20, "0.00"),
        (Unit.POINTS, "1E+3", 1000, "0.00"),
        (Unit.CREDITS, "12.50", 0, "12.50"),
        (Unit.CREDITS, "-0.05", 0, "-0.05"),
    ],
)
def test_an_award_is_booked_as_ordered(
    sandbox: Sandbox,
    platform: Platform,
    member_id: str,
    unit: Unit,
    amount: str,
    points: int,
    credits_text: str,
) -> None:
    entry_id = platform.award(order(member_id, amount, unit=unit, message="Sorry & danke: 5 € ☕"))

    assert booked(sandbox) == [
        {
            "id": int(str(entry_id)),
            "member_id": int(member_id),
            "points": points,
            "credits": credits_text,
            "source": "manual",
            "internal_note": NOTE,
            "external_note": "Sorry & danke: 5 € ☕",
            "revoked": False,
            "hidden": False,
            "pending": False,
            "foreign_id": None,
            "title": "Manual adjustment",
            "order": None,
        }
    ]


def test_awards_move_the_balance_by_their_sign(platform: Platform, member_id: str) -> None:
    for amount in ("50", "-20"):
        platform.award(order(member_id, amount))
    for amount in ("12.50", "-0.25"):
        platform.award(order(member_id, amount, unit=Unit.CREDITS))

    assert balances(platform, member_id) == (30, "12.25")


def test_without_a_message_rivo_writes_its_own(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    platform.award(order(member_id))

    assert booked(sandbox)[0]["external_note"] == "manual points adjustment"


def name_of(fault: dict[str, Any]) -> str:
    return "_".join(map(str, fault.values()))


LOST_ANSWERS = [
    {"effect": "drop", "after": True},
    {"effect": "html", "after": True},
    {"effect": "status", "status": 503, "after": True},
    {"effect": "truncate"},
]


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=name_of)
def test_a_lost_answer_may_have_arrived_and_is_booked_once(
    sandbox: Sandbox, platform: Platform, member_id: str, fault: dict[str, Any]
) -> None:
    spoil(sandbox, method="POST", **fault)

    with pytest.raises(ApiUnavailableError) as caught:
        platform.award(order(member_id))

    assert caught.value.may_have_arrived
    assert len(booked(sandbox)) == 1
    assert [one.marker_text for one in platform.iter_ledger(member_id)] == [NOTE]


LOST_REQUESTS = [{"effect": "drop"}, {"effect": "html"}, {"effect": "status", "status": 503}]


@pytest.mark.parametrize("fault", LOST_REQUESTS, ids=name_of)
def test_what_was_lost_on_its_way_looks_the_same_and_is_not_sent_again(
    sandbox: Sandbox, platform: Platform, member_id: str, fault: dict[str, Any]
) -> None:
    spoil(sandbox, method="POST", **fault)

    with pytest.raises(ApiUnavailableError) as caught:
        platform.award(order(member_id))

    assert caught.value.may_have_arrived
    assert booked(sandbox) == []


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": {"id": [1, 2]}}])
def test_an_answer_that_does_not_tell_the_id_is_still_a_booking(body: Any) -> None:
    api = ScriptedTransport("Rivo")
    api.will_answer(body)

    assert rivo.RivoPlatform(api, Account(key="a key")).award(order("5")) is None


@pytest.mark.parametrize(
    "answer",
    [
        {"id": 5, "type": "customer", "attributes": {}},
        {"id": 5, "type": "points_event", "attributes": {"internal_note": "of somebody else"}},
        {"id": 5, "type": "points_event", "attributes": {}},
        [{"id": 5, "type": "points_event", "attributes": {"internal_note": NOTE}}],
    ],
)
def test_an_answer_that_shows_something_else_does_not_tell_the_entry(answer: Any) -> None:
    api = ScriptedTransport()
    api.will_answer({"data": answer})

    assert rivo.RivoPlatform(api, Account(key="a key")).award(order("5")) is None


def test_for_awards_each_call_has_a_connection_of_its_own(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    spoil(sandbox, "duplicate", method="POST", delay_ms=1000)
    fresh = loyalty_platform(store_settings(), for_awards=True)

    assert fresh.award(order(member_id)) is not None
    wait_until_served(sandbox, "rivo")  # the second answer has come, to nobody

    assert fresh.find_member(member_id) is not None


def test_a_429_is_waited_for_and_the_award_is_booked_once(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    spoil(sandbox, "status", method="POST", status=429, retry_after="1", count=2)

    assert platform.award(order(member_id)) is not None
    assert len(booked(sandbox)) == 1


def test_a_429_that_lasts_longer_than_a_call_may_wait_has_surely_not_arrived(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    spoil(sandbox, "status", method="POST", status=429, retry_after="4000", count=None)

    with pytest.raises(ApiUnavailableError, match="429") as caught:
        platform.award(order(member_id))

    assert not caught.value.may_have_arrived
    assert booked(sandbox) == []


def test_an_answer_lost_after_a_429_may_have_arrived(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    spoil(sandbox, "drop", method="POST", after=True)
    spoil(sandbox, "status", method="POST", status=429, retry_after="1")

    with pytest.raises(ApiUnavailableError) as caught:
        platform.award(order(member_id))

    assert caught.value.may_have_arrived
    assert len(booked(sandbox)) == 1


def test_a_refused_connection_has_surely_not_arrived(
    set_connection: SetConnection, at_speed: None
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        set_connection(
            "rivo_acme", host=f"http://127.0.0.1:{unused.getsockname()[1]}", password="key"
        )
        with pytest.raises(ApiUnavailableError, match="refused") as caught:
            loyalty_platform(store_settings()).award(order("5"))

    assert not caught.value.may_have_arrived


def test_an_overdraw_is_refused_for_good(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_overdraw_allowed": False})

    with pytest.raises(ApiError) as caught:
        platform.award(order(member_id, "-1"))

    assert caught.value.status == 422
    assert booked(sandbox) == []


def test_an_award_to_nobody_is_refused_for_good(sandbox: Sandbox, platform: Platform) -> None:
    with pytest.raises(ApiError) as caught:
        platform.award(order("999999999"))

    assert caught.value.status == 404
    assert booked(sandbox) == []
