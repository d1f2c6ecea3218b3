"""Awards at a real Rivo stand-in: found, booked exactly once, found again in the ledger."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from loyalty_desk.errors import ApiError, ApiUnavailableError, CursorError, LoyaltyDeskError
from loyalty_desk.hooks.connections import loyalty_platform
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms import rivo
from loyalty_desk.platforms.base import Account, AwardOrder, Platform
from loyalty_desk.records import Unit
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.scripted import ScriptedTransport

PLUS_EMAIL = "mira+club@shop.example"
MARK = "ld:0f3a"
NOTE = "goodwill [ld:0f3a]"


def spoil(sandbox: Sandbox, effect: str, **rule: Any) -> None:
    """Make the next call that fits the rule go wrong, or as many as `count` says."""
    sandbox.control("rivo", "POST", "faults", {"effect": effect, "count": 1, **rule})


def booked(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What callers made since the test began."""
    entries: list[dict[str, Any]] = sandbox.control("rivo", "GET", "ledger")["data"]
    return entries


def requests_made(sandbox: Sandbox) -> int:
    return int(sandbox.control("rivo", "GET", "counters")["total"])


@pytest.fixture
def member_id(sandbox: Sandbox) -> str:
    """A member with nothing on the account yet, and a plus in the e-mail."""
    return str(sandbox.control("rivo", "POST", "members", {"email": PLUS_EMAIL})["id"])


def order(member_id: str, amount: str = "50", **values: Any) -> AwardOrder:
    fields = {"unit": Unit.POINTS, "note": "goodwill", "mark": MARK, "message": None, **values}
    return AwardOrder(member_id=member_id, amount=Decimal(amount), **fields)


def balances(platform: Platform, member_id: str) -> tuple[Any, Any]:
    member = platform.find_member(member_id)
    assert member is not None
    return member.card["points_balance"], member.card["credits_balance"]


# --- find_member ---------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", [PLUS_EMAIL, PLUS_EMAIL.upper()])
def test_a_member_is_found_by_email_and_by_id(
    platform: Platform, member_id: str, spelling: str
) -> None:
    found = platform.find_member(spelling)

    assert found is not None
    assert (found.member_id, found.email) == (member_id, PLUS_EMAIL)
    assert platform.find_member(member_id) == found


def test_every_listed_member_is_found_by_its_id_as_the_list_has_it(platform: Platform) -> None:
    listed = next(platform.iter_member_pages()).members[:20]

    assert [platform.find_member(one.member_id) for one in listed] == listed


@pytest.mark.parametrize(
    "identifier",
    ["nobody@shop.example", "mira club@shop.example", "a/../b?c#d%@shop.example", "999999999"],
)
def test_somebody_unknown_is_none(platform: Platform, member_id: str, identifier: str) -> None:
    assert platform.find_member(identifier) is None


@pytest.mark.parametrize("text", ["", " ", ".", "..", "mira", "²", "٣", "../points_events"])
def test_what_is_neither_an_id_nor_an_email_is_never_asked_for(
    sandbox: Sandbox, platform: Platform, text: str
) -> None:
    assert platform.find_member(text) is None
    assert requests_made(sandbox) == 0


def test_a_member_that_cannot_be_read_is_not_taken_for_nobody(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_guest_spelling": "paused"})
    sandbox.control("rivo", "PATCH", f"members/{member_id}", {"status": "guest"})

    with pytest.raises(BadFieldError, match="loyalty_status"):
        platform.find_member(PLUS_EMAIL)


# --- award ---------------------------------------------------------------------------------------


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
    assert [one.marked for one in platform.iter_ledger(member_id)] == [NOTE]


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
    time.sleep(0.05)  # the second answer has come, to nobody

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


# --- iter_ledger ---------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False], ids=["next_since_id", "last_row"])
def test_the_ledger_is_read_over_all_its_pages(
    sandbox: Sandbox,
    platform: Platform,
    member_id: str,
    monkeypatch: pytest.MonkeyPatch,
    told: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_next_since_id_present": told})
    monkeypatch.setattr(rivo, "PAGE_SIZE", 2)
    marks = [f"ld:{number}" for number in range(5)]
    ids = [platform.award(order(member_id, note="", mark=mark)) for mark in marks]
    before = requests_made(sandbox)

    entries = list(platform.iter_ledger(member_id))

    notes = [f"[{mark}]" for mark in marks]
    assert [(one.entry_id, one.marked) for one in entries] == list(zip(ids, notes, strict=True))
    assert requests_made(sandbox) - before == (3 if told else 4)


def test_the_ledger_holds_one_member_only_and_all_of_its_entries(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    other = next(platform.iter_member_pages()).members[0].member_id
    platform.award(order(other))
    shown = sandbox.control("rivo", "GET", f"ledger?member_id={other}")["data"]

    entries = list(platform.iter_ledger(other))

    assert [one.entry_id for one in entries] == [str(one["id"]) for one in shown]
    assert [one.marked for one in entries] == [one["internal_note"] for one in shown]
    assert len(entries) == 4
    assert list(platform.iter_ledger(member_id)) == []
    assert list(platform.iter_ledger("999999999")) == []


def test_revoked_and_hidden_entries_are_marked(sandbox: Sandbox, platform: Platform) -> None:
    seen = set()
    for member in next(platform.iter_member_pages()).members[:30]:
        shown = sandbox.control("rivo", "GET", f"ledger?member_id={member.member_id}")["data"]
        marked = [one.is_revoked for one in platform.iter_ledger(member.member_id)]
        assert marked == [one["revoked"] or one["hidden"] for one in shown]
        seen |= {(one["revoked"], one["hidden"]) for one in shown}

    assert seen == {(False, False), (True, False), (False, True)}


def test_a_repeated_cursor_of_the_ledger_is_never_the_end(
    sandbox: Sandbox, platform: Platform, member_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivo, "PAGE_SIZE", 1)
    for _ in range(2):
        platform.award(order(member_id))
    spoil(sandbox, "repeat_cursor", method="GET")

    with pytest.raises(CursorError, match="/points_events"):
        list(platform.iter_ledger(member_id))


@pytest.mark.parametrize(
    "row",
    [
        "row",
        {"id": [90, 810], "attributes": {}},
        {"id": 810},
        {"id": 810, "attributes": {"internal_note": 5}},
    ],
    ids=["text", "no_id", "no_attributes", "no_note"],
)
def test_an_entry_that_cannot_be_read_is_never_left_out(row: Any) -> None:
    api = ScriptedTransport("Rivo")
    api.will_answer({"data": [row], "links": {"next_since_id": None}})

    with pytest.raises(ApiUnavailableError, match=r"GET /points_events with an entry"):
        list(rivo.RivoPlatform(api, Account(key="a key")).iter_ledger("5"))


def test_a_reading_of_the_ledger_survives_a_bad_moment(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    platform.award(order(member_id))
    for fault in ({"effect": "drop"}, {"effect": "truncate"}, {"effect": "status"}):
        spoil(sandbox, method="GET", **fault)

    assert [one.marked for one in platform.iter_ledger(member_id)] == [NOTE]


# --- what is told --------------------------------------------------------------------------------


def test_nothing_logged_or_raised_holds_an_email_or_a_note(
    sandbox: Sandbox, platform: Platform, member_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    to_email = order(PLUS_EMAIL, message="Sorry!")
    calls: list[Callable[[], Any]] = [
        lambda: platform.find_member(PLUS_EMAIL),
        lambda: platform.award(to_email),
        lambda: list(platform.iter_ledger(PLUS_EMAIL)),
    ]
    told = []
    for status in (400, 401, 422, 500):
        spoil(sandbox, "status", status=status, count=None)
        for call in calls:
            with pytest.raises(LoyaltyDeskError) as caught:
                call()
            assert caught.value.__context__ is None
            told.append(str(caught.value))
        sandbox.control("rivo", "DELETE", "faults")
    for call in calls:
        spoil(sandbox, "status", status=429, retry_after="1")
        call()

    everything = "\n".join([*told, caplog.text])
    assert "GET /customers/{customer_identifier}" in everything
    assert "next attempt" in caplog.text
    key = sandbox.rivo["api_key"]
    for hidden in ("mira", "@", "%40", "shop.example", "ld:", "goodwill", "Sorry", key):
        assert hidden not in everything
