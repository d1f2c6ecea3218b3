"""The desk's pages of mismatches over real HTTP, as a manager uses them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.mismatches.history import keep_history
from loyalty_desk.mismatches.suggestions import suggest_members
from loyalty_desk.staging import schema
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import ADA, DOUBLE, EVIL, HTML
from tests.sql.staged import Staged, match, pairs


@pytest.fixture
def manager(desk: DeskClient) -> DeskClient:
    return desk.as_user("manager")


def test_the_list_shows_who_why_and_who_it_may_be(manager: DeskClient) -> None:
    page = manager.get("/mismatches")

    assert page.status_code == 200
    assert "6 found" in page.text
    assert "ada@gmial.com" in page.text
    assert "a slip in the domain" in page.text
    assert HTML not in page.text
    assert "&lt;img src=x" in page.text


def before_any_match(staging: Engine) -> None:
    """As a first run that is reading leaves it: nobody is matched, and nothing is counted."""
    with staging.begin() as connection:
        for table in (schema.run_counters, schema.mismatches):
            connection.execute(table.delete())


def test_a_list_that_is_empty_as_nothing_was_matched_yet_says_so(
    manager: DeskClient, staging: Engine
) -> None:
    before_any_match(staging)

    for query in ({}, {"status": "all"}, {"q": "nobody@example.test"}, {"page": "9"}):
        page = manager.get("/mismatches", **query).text
        assert "Nobody can be named yet" in page
        assert "Nothing" not in page
    overview = manager.get().text
    assert "no sync has come to the match yet" in overview
    assert "open mismatches" not in overview


@pytest.mark.parametrize(
    "query", [{"class": "no_email"}, {"side": "member", "suggested": "1"}, {"q": "999"}]
)
def test_a_filter_that_finds_nothing_says_how_many_there_are_without_it(
    manager: DeskClient, query: dict[str, str]
) -> None:
    page = manager.get("/mismatches", **query).text

    assert "Nothing here." in page
    assert "Of everybody, 6 are open." in page
    assert "Suggestions are made at the end" in page or "suggested" not in query


def test_a_page_beyond_the_last_says_where_the_last_is(manager: DeskClient) -> None:
    page = manager.get("/mismatches", page="9", status="all").text

    assert "There is no page 9: what was found (6) ends with page 1." in page
    assert 'href="/loyalty/desk/' in page
    assert "page=1" in page
    assert "There is no page 9: what was found (2)" in manager.get("/awards", page="9").text


def test_a_list_is_only_called_empty_when_nothing_is_open(
    manager: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        connection.execute(schema.mismatches.update().values(settled_at_utc=utc_text(utc_now())))

    assert "Nothing is open, as of the sync of" in manager.get("/mismatches").text


def test_a_link_confirmed_on_the_page_is_used_by_the_next_match(
    manager: DeskClient, staging: Engine
) -> None:
    where = f"/mismatches/customer/{ADA}"
    answer = manager.post(where, {"action": "link", "member_id": "m1"})

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{DESK}/{STORE}{where}?done=linked&batch=")
    with staging.begin() as connection:
        staged = Staged(connection)
        match(staged, full=False)
        assert (ADA, "m1", "link") in pairs(staged)
    page = manager.call("GET", answer.headers["location"]).text
    assert "Linked. The next sync shows the card." in page
    assert "Linked to member m1" in page

    batch = re.search(r"decisions/(\w+)/undo", page)
    assert batch is not None
    assert manager.post(f"/decisions/{batch[1]}/undo", {}).status_code == 303
    assert manager.post(f"/decisions/{batch[1]}/undo", {}).status_code == 409


def test_the_page_shows_the_state_that_the_last_decision_made(
    manager: DeskClient, staging: Engine
) -> None:
    where = f"/mismatches/customer/{ADA}"
    manager.post(where, {"action": "link", "member_id": "m1"})
    with staging.begin() as connection:
        match(Staged(connection), full=False)
    manager.post(where, {"action": "refuse", "member_id": "m1"})

    assert "That was taken back since" in manager.get(f"/customers/{ADA}").text
    page = manager.get(where).text
    assert "<dt>State</dt><dd>open</dd>" in page
    assert "Linked to</dt>" not in page
    assert "<small>refused</small>" in page
    assert page.count("replaced by a later decision") == 1
    with staging.begin() as connection:
        staged = Staged(connection)
        match(staged, full=False)
        assert ADA not in [customer_id for customer_id, _, _ in pairs(staged)]

    manager.post(where, {"action": "ignore", "reason": "a supplier"})
    page = manager.get(where).text
    assert "<dt>State</dt><dd>ignored: a supplier</dd>" in page
    manager.post(where, {"action": "link", "member_id": "m1"})
    page = manager.get(where).text
    assert "<dt>State</dt><dd>linked, for the next sync</dd>" in page
    assert "<small>linked</small>" in page
    assert "<small>refused</small>" not in page


def test_a_member_without_an_address_shows_which_customer_it_may_be(
    manager: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(66, "bo@example.test", name="Bo Customer", external_id="9001")
        staged.member("m66", None, external_id="9001", card='{"name":"Bo Member"}')
        match(staged)
    keep_history(staging, STORE, utc_now())
    suggest_members(staging, STORE)
    where = "/mismatches/member/m66"

    page = manager.get(where).text
    assert "Which customer it may be" in page
    assert "Bo Customer 66" in page
    assert "the same id in the shop" in page

    manager.post(where, {"action": "link", "customer_id": "66"})
    assert "<small>linked</small>" in manager.get(where).text
    manager.post(where, {"action": "refuse", "customer_id": "66"})
    assert "<small>refused</small>" in manager.get(where).text


def test_what_is_ticked_is_ignored_at_once(manager: DeskClient) -> None:
    until = (utc_now() + timedelta(days=9)).date().isoformat()
    answer = manager.post(
        "/mismatches?class=customer_not_found",
        {
            "action": "ignore",
            "chosen": [f"customer/{ADA}/m1", f"customer/{EVIL}"],
            "reason": "a test",
            "until": until,
        },
    )

    assert "class=customer_not_found" in answer.headers["location"]
    assert "4 found" in manager.get("/mismatches").text
    assert "2 found" in manager.get("/mismatches", status="ignored").text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Tick at least one row"),
        ({"chosen": f"customer/{ADA}"}, "Choose what to do"),
        ({"chosen": f"customer/{EVIL}", "action": "link"}, "has no suggestion"),
        ({"chosen": f"customer/{ADA}", "action": "ignore"}, "Say why"),
        (
            {"chosen": f"customer/{ADA}", "action": "ignore", "reason": "x", "until": "2020-01-01"},
            "must be in the future",
        ),
        (
            {"chosen": f"customer/{ADA}", "action": "ignore", "reason": "x", "until": "soon"},
            "must be a day such as",
        ),
        ({"chosen": f"customer/{ADA}/nobody", "action": "link"}, "no member nobody"),
        ({"chosen": "member/m3", "action": "link"}, "number of the customer"),
    ],
)
def test_a_form_that_cannot_be_is_answered_with_why(
    manager: DeskClient, fields: dict[str, str], says: str
) -> None:
    answer = manager.post("/mismatches", fields)

    assert answer.status_code == 400
    assert says in answer.text
    assert "6 found" in answer.text, "the list is still there"


@pytest.mark.parametrize(
    "path",
    ["/mismatches/customer/999", "/mismatches/customer/x", "/mismatches/admin/7", "/nowhere"],
)
def test_what_is_not_there_is_said_so(manager: DeskClient, path: str) -> None:
    assert manager.get(path).status_code == 404


def test_an_ambiguous_one_shows_everybody_with_the_address(manager: DeskClient) -> None:
    page = manager.get(f"/mismatches/customer/{DOUBLE}").text

    assert "m3" in page
    assert "m4" in page
    assert f"customers/{DOUBLE + 100}" in page


def test_a_member_is_linked_to_the_customer_that_is_named(
    manager: DeskClient, staging: Engine
) -> None:
    answer = manager.post("/mismatches/member/m3", {"action": "link", "customer_id": str(DOUBLE)})

    assert answer.status_code == 303
    with staging.begin() as connection:
        assert (DOUBLE, "m3") in Staged(connection).rows(schema.links, "customer_id", "member_id")


def test_who_may_only_look_sees_masked_addresses_and_no_buttons(desk: DeskClient) -> None:
    page = desk.as_user("viewer").get("/mismatches").text

    assert "a…@gmial.com" in page
    assert "ada@" not in page
    assert 'value="link"' not in page


def test_a_character_that_no_text_has_is_refused_everywhere(manager: DeskClient) -> None:
    where = f"/mismatches/customer/{ADA}"
    assert manager.post(where, {"action": "link", "member_id": "m1\0"}).status_code == 400
    assert manager.post("/decisions/%00/undo", {}).status_code == 404
    assert manager.get("/mismatches/member/%00").status_code == 404
    assert manager.get("/awards/%00").status_code == 404


@pytest.mark.parametrize("member_id", ["m/5", "https://shop.example/members/5?a=1#b", "/5/"])
def test_an_id_may_hold_what_parts_an_address(
    manager: DeskClient, staging: Engine, member_id: str
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member(member_id, "twin@example.test", card='{"name":"Twin"}')
        match(staged)
    keep_history(staging, STORE, utc_now())
    page = manager.get("/mismatches", side="member").text

    found = {unescape(one) for one in re.findall(r'name="chosen" value="([^"]*)"', page)}
    assert f"member/{member_id}" in found
    chosen = {"chosen": f"member/{member_id}", "action": "ignore", "reason": "a test account"}
    answer = manager.post("/mismatches", chosen)
    assert answer.status_code == 303, answer.text
    ignored = manager.get("/mismatches", status="ignored").text
    assert f'aria-label="member {member_id}"' in unescape(ignored)
    link = next(one for one in re.findall(r'href="([^"]*/mismatches/member/[^"]*)"', ignored))
    one = manager.call("GET", unescape(link))
    assert one.status_code == 200
    assert member_id in unescape(one.text)
    linked = manager.post(
        f"/mismatches/member/{quote(member_id, safe='')}", {"action": "link", "customer_id": DOUBLE}
    )
    assert linked.status_code == 303
    with staging.begin() as connection:
        assert Staged(connection).rows(schema.links, "customer_id", "member_id") == [
            (DOUBLE, member_id)
        ]
    assert manager.call("GET", linked.headers["location"]).status_code == 200
