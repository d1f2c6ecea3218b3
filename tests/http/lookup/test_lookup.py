"""Lookups over real HTTP: fresh when the platform answers, staged when not, and never 5xx."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.mismatches.links import confirm_link
from loyalty_desk.records import MemberStatus, Opens
from loyalty_desk.staging import schema
from sandbox.running import Sandbox
from tests.factories import STORE, customer, member
from tests.http.api_client import OTHER_STORE, ApiClient, all_at_once, forget_settings
from tests.http.awards_api.asking import employ
from tests.http.conftest import SPEED
from tests.http.lookup.asking import EMAIL, LOOKUP, NOBODY, look_up, set_lookup, spoil, stage

# --- who is asked for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        {"method": "GET", "path": f"{LOOKUP}?email=MIRA%40shop.example"},
        {"method": "POST", "path": LOOKUP, "data": {"email": f" {EMAIL} ", "ticket_id": "5"}},
        {"method": "POST", "path": LOOKUP, "json": {"email": EMAIL}},
        {"method": "POST", "path": LOOKUP, "json": {"id": 1, "customer": {"email": EMAIL}}},
        {"method": "POST", "path": LOOKUP, "json": {"ticket": {"customer": {"email": EMAIL}}}},
    ],
)
def test_the_address_may_be_in_a_query_a_form_json_or_a_whole_ticket(
    api: ApiClient, member_id: str, call: dict[str, Any]
) -> None:
    answer = api.call(**call)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    card = answer.json()
    assert (card["member"], card["member_id"], card["points_balance"]) == (True, member_id, 820)
    assert (card["source"], card["age_s"]) == ("fresh", 0)
    assert card["summary"].startswith("820 points")


@pytest.mark.parametrize(
    ("email", "status"),
    [
        (NOBODY, "customer_not_found"),
        ("", "no_email"),
        (None, "no_email"),
        ("not an address", "invalid_email"),
        ("=1+1", "invalid_email"),
        ("<b>@x", "invalid_email"),
    ],
)
def test_who_is_no_member_gets_a_card_that_says_why_and_what_to_do(
    api: ApiClient, email: str | None, status: str
) -> None:
    card = look_up(api, email)

    assert (card["member"], card["status"]) == (False, status)
    assert card["summary"]
    assert card["reason"]
    assert card["what_to_do"]
    assert "points_balance" not in card


def test_a_confirmed_link_goes_before_the_address(
    api: ApiClient, staging: Engine, member_id: str, staged: str
) -> None:
    stage(staging, customers=(customer(5, email="home@shop.example"),))
    with staging.begin() as connection:
        confirm_link(connection, STORE, 5, member_id, confirmed_by="a manager", now=utc_now())

    assert look_up(api, "home@shop.example")["points_balance"] == 820


def test_two_members_with_one_address_are_not_told_apart(
    api: ApiClient, staging: Engine, sandbox: Sandbox
) -> None:
    sandbox.control("rivo", "POST", "members", {"email": EMAIL})
    stage(staging, member("1", email=EMAIL), member("2", email=EMAIL))

    card = look_up(api)

    assert (card["status"], card["member"]) == ("ambiguous", False)
    assert "points_balance" not in card


@pytest.mark.parametrize("status", [MemberStatus.EXCLUDED, MemberStatus.ERASED])
def test_who_does_not_take_part_has_no_balance(
    api: ApiClient, staging: Engine, status: str
) -> None:
    set_lookup(api, deadline_s=0)
    stage(staging, member("1", email=EMAIL, status=status))

    # An erased member's address is forgotten, so nobody is found by it.
    expected = {"excluded": "excluded", "erased": "customer_not_found"}[status]
    assert look_up(api)["status"] == expected


# --- fresh, or in time -----------------------------------------------------------------------


def test_a_fresh_read_updates_staging_for_the_next_sync(
    api: ApiClient, staging: Engine, staged: str
) -> None:
    assert look_up(api)["points_balance"] == 820

    set_lookup(api, deadline_s=0)
    card = look_up(api)
    assert (card["points_balance"], card["source"]) == (820, "staged")
    with staging.connect() as connection:
        touched = connection.execute(schema.touched.select()).all()
    assert (STORE, "card", staged) in [tuple(row)[:3] for row in touched]


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "status", "status": 503},
        {"effect": "status", "status": 500},
        {"effect": "status", "status": 429},
        {"effect": "status", "status": 401},
        {"effect": "status", "status": 422},
        {"effect": "drop"},
        {"effect": "html", "status": 200},
        {"effect": "truncate"},
    ],
)
def test_a_platform_in_trouble_gets_the_last_known_card_with_its_age(
    api: ApiClient, staging: Engine, sandbox: Sandbox, staged: str, fault: dict[str, Any]
) -> None:
    with staging.begin() as connection:
        hour_ago = utc_text(utc_now()).replace(utc_text(utc_now())[:4], "2020")
        connection.execute(schema.members.update().values(changed_at_utc=hour_ago))
    spoil(sandbox, **fault)

    card = look_up(api)

    assert (card["points_balance"], card["source"]) == (800, "staged")
    assert card["as_of"] == hour_ago
    assert card["age_s"] > 10**8


def test_a_slow_platform_is_not_waited_for(api: ApiClient, sandbox: Sandbox, staged: str) -> None:
    set_lookup(api, deadline_s=0.3)
    delay_s = 3.0
    spoil(sandbox, "delay", delay_ms=delay_s * SPEED * 1000, count=1)
    began = time.monotonic()

    card = look_up(api)

    assert time.monotonic() - began < delay_s
    assert (card["points_balance"], card["source"]) == (800, "staged")


def test_a_platform_that_hangs_holds_up_no_other_lookup(
    api: ApiClient, sandbox: Sandbox, staged: str
) -> None:
    set_lookup(api, deadline_s=1)
    spoil(sandbox, "delay", delay_ms=3 * 50 * 1000)

    def call(client: ApiClient, _number: int) -> Any:
        began = time.monotonic()
        for _ in range(5):
            card = look_up(client)
            assert (card["points_balance"], card["source"]) == (800, "staged")
        answer = client.call("GET", f"{LOOKUP}?email={EMAIL}")
        assert time.monotonic() - began < 15
        return answer

    answers = all_at_once(api, 20, call)

    assert {answer.status_code for answer in answers} == {200}


def test_an_address_that_a_member_gave_up_is_not_the_members(
    api: ApiClient, sandbox: Sandbox, staged: str
) -> None:
    other = sandbox.control("rivo", "POST", "members", {"email": "other@shop.example"})
    sandbox.control("rivo", "PATCH", f"members/{staged}", {"email": "moved@shop.example"})

    assert look_up(api)["status"] == "customer_not_found"
    assert look_up(api, "moved@shop.example")["points_balance"] == 820
    assert look_up(api, "other@shop.example")["member_id"] == str(other["id"])


def test_without_staging_the_card_says_that_there_is_no_data(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    forget_settings()

    card = look_up(api)

    assert card["status"] == "unavailable"
    assert "member" not in card


# --- who may ask -----------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "nonsense", f"ld_{'0' * 12}_{'x' * 43}"])
def test_without_a_token_nothing_is_told(api: ApiClient, staged: str, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}" if token else ""}

    answer = api.call("POST", LOOKUP, data={"email": EMAIL}, headers=headers)

    assert answer.status_code == 401
    assert "member" not in answer.text


def test_a_token_for_awards_looks_nobody_up_and_one_for_lookups_awards_nothing(
    api: ApiClient, staging: Engine, staged: str
) -> None:
    employ(staging, "ada")
    for_awards = api.of(STORE)

    answer = for_awards.call("POST", LOOKUP, data={"email": EMAIL})
    assert (answer.status_code, "member" in answer.json()) == (403, False)
    assert for_awards.award().status_code == 202
    assert api.award().status_code == 403


def test_a_token_of_another_store_learns_nothing_of_this_one(
    api: ApiClient, staging: Engine, staged: str
) -> None:
    other = api.of(OTHER_STORE, Opens.LOOKUP)

    assert look_up(other)["status"] == "customer_not_found"
    assert other.call("POST", LOOKUP, data={"email": EMAIL, "store": STORE}).status_code == 404


def test_no_log_tells_whom_was_looked_up(
    api: ApiClient, sandbox: Sandbox, staged: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        look_up(api)
        look_up(api, NOBODY)
        for method in ("GET", "POST"):
            api.call(method, f"{LOOKUP}?email={EMAIL}")
            api.call(method, f"{LOOKUP}?email={EMAIL}&store=other")
            api.call(method, f"{LOOKUP}?email={EMAIL}", headers={"Authorization": "no"})
        spoil(sandbox, "status", status=503)
        look_up(api)

    for secret in (EMAIL, NOBODY, "mira", api.token or ""):
        assert secret not in caplog.text


def asked_for(staging: Engine) -> list[str]:
    with staging.connect() as connection:
        rows = connection.execute(schema.cards_to_show.select()).all()
    assert all(row.cause == "lookup" for row in rows)
    return [row.member_id for row in rows]


def test_what_a_fresh_lookup_finds_changed_is_asked_to_be_shown_once(
    api: ApiClient, staging: Engine, staged: str, sandbox: Sandbox
) -> None:
    look_up(api)
    assert asked_for(staging) == [staged], "820 points in place of 800 are news"
    with staging.begin() as connection:
        connection.execute(schema.cards_to_show.delete())

    look_up(api)

    assert asked_for(staging) == [], "the same once more is none"
