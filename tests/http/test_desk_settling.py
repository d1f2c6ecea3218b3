"""Mismatches settled from their rows, taken back where one was, and candidates side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.staging import schema
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.forget import forget_lookups
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import ADA, DOUBLE, EVIL
from tests.sql.staged import Staged

UNCLEAR = f"/mismatches/customer/{DOUBLE}"


@pytest.fixture
def manager(desk: DeskClient) -> DeskClient:
    return desk.as_user("manager")


def links(staging: Engine) -> list[Any]:
    with staging.begin() as connection:
        return Staged(connection).rows(schema.links, "customer_id", "member_id")


def undo_form(page: str) -> tuple[str, dict[str, str]]:
    """Where the notice's Undo sends its form, and what is in it, as a browser would."""
    notice = page.split('class="said"')[1].split("</div>", maxsplit=1)[0]
    where = re.search(r'action="[^"]*/(decisions/[^"]*)"', notice)
    assert where is not None
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', notice))
    return f"/{unescape(where[1])}", fields


def row_of(page: str, customer_id: int) -> str:
    return page.split(f'<a id="customer-{customer_id}"')[1].split("</tr>", maxsplit=1)[0]


def test_each_row_has_what_can_be_done_with_it(manager: DeskClient) -> None:
    page = manager.get("/mismatches").text

    ada, double = row_of(page, ADA), row_of(page, DOUBLE)
    assert f"Accept member m1 for customer {ADA}" in ada
    assert f"Refuse member m1 for customer {ADA}" in ada
    assert f'{UNCLEAR}#may-be" aria-label="Compare customer {DOUBLE}"' in double
    assert f"Ignore customer {DOUBLE}" in double
    assert "Accept" not in double


def test_a_row_is_accepted_and_undone_where_one_was(manager: DeskClient, staging: Engine) -> None:
    filtered = "/mismatches?class=customer_not_found&sort=surest"
    answer = manager.post(filtered, {"link": f"customer/{ADA}/m1"})

    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where.startswith(f"{DESK}/{STORE}{filtered}&done=linked&batch=")
    assert where.endswith(f"#customer-{ADA}")
    assert links(staging) == [(ADA, "m1")]
    page = manager.call("GET", where).text
    assert "Linked. The next sync shows the card." in page
    row = row_of(page, ADA)
    assert "linked to member m1, for the next sync" in row
    assert "Accept" not in row

    back = manager.post(*undo_form(page))

    assert back.status_code == 303
    where = f"{DESK}/{STORE}{filtered}&done=undone#customer-{ADA}"
    assert back.headers["location"] == where
    assert links(staging) == []
    assert "Accept" in row_of(manager.call("GET", where).text, ADA)


def test_a_row_is_refused(manager: DeskClient) -> None:
    answer = manager.post("/mismatches", {"refuse": f"customer/{ADA}/m1"})
    page = manager.call("GET", answer.headers["location"]).text

    assert "Refused." in page
    assert "Accept" not in row_of(page, ADA)
    manager.post(*undo_form(page))
    assert "Accept" in row_of(manager.get("/mismatches").text, ADA)


def test_what_is_ticked_is_of_no_concern_to_the_button_of_a_row(
    manager: DeskClient, staging: Engine
) -> None:
    fields = {"link": f"customer/{ADA}/m1", "chosen": f"customer/{EVIL}/m2", "action": "ignore"}

    assert manager.post("/mismatches", fields).status_code == 303
    assert links(staging) == [(ADA, "m1")]


def test_a_page_of_the_list_is_kept(manager: DeskClient) -> None:
    fields = {"action": "refuse", "chosen": f"customer/{ADA}/m1"}

    answer = manager.post("/mismatches?page=3&status=all", fields)

    assert "/mismatches?status=all&page=3&done=refused&batch=" in answer.headers["location"]


def test_undo_on_the_page_of_one_stays_there(manager: DeskClient, staging: Engine) -> None:
    where = f"/mismatches/customer/{ADA}"
    done = manager.post(where, {"action": "link", "member_id": "m1"})
    page = manager.call("GET", done.headers["location"]).text

    back = manager.post(*undo_form(page))

    assert back.headers["location"] == f"{DESK}/{STORE}{where}?done=undone"
    assert links(staging) == []


def test_an_undo_that_names_no_place_takes_nothing_back(
    manager: DeskClient, staging: Engine
) -> None:
    done = manager.post("/mismatches", {"link": f"customer/{ADA}/m1"})
    where, _ = undo_form(manager.call("GET", done.headers["location"]).text)

    for wrong in ("https://elsewhere.test/", "admin/7", "customer/x"):
        assert manager.post(where, {"row": wrong}).status_code == 404
        assert manager.post(where, {"opened": wrong}).status_code == 404
    assert links(staging) == [(ADA, "m1")]


def test_candidates_are_told_side_by_side(manager: DeskClient, staging: Engine) -> None:
    cards = {
        "m3": '{"name":"Twin","points_balance":12400,"tier":"Gold","credits_balance":"7.50"}',
        "m4": '{"name":"Twin"}',
    }
    with staging.begin() as connection:
        staged = Staged(connection)
        for member_id, card in cards.items():
            staged.update(schema.members, {"member_id": member_id}, card=card)
        staged.update(schema.members, {"member_id": "m4"}, status="guest")

    page = manager.get(UNCLEAR).text

    third, fourth = page.split("<article")[1:]
    for text in ("12,400", "Gold", "7.50", "member", "Link to member m3"):
        assert text in third
    for text in ("guest", "not told", "Link to member m4"):
        assert text in fourth
    heads = [re.findall("<dt>(.*?)</dt>", one.split("</article>")[0]) for one in (third, fourth)]
    assert heads[0] == heads[1], "the same facts in the same order"
    assert ">0<" not in fourth, "unknown is not zero"
    assert "not asked yet" in third


def test_a_member_is_told_beside_whoever_has_its_address(manager: DeskClient) -> None:
    page = manager.get("/mismatches/member/m4").text

    itself, other = page.split("<article")[1:]
    assert "this one" in itself
    assert "m4" in itself
    assert "m3" in other


@pytest.fixture
def twins(
    desk: DeskClient,
    sandbox: Sandbox,
    staging: Engine,
    set_connection: SetConnection,
    at_speed: None,
) -> Iterator[tuple[Sandbox, list[str]]]:
    """The two members of the unclear customer as Rivo has them; the first has two orders."""
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    ids = []
    for staged_id, email in (("m3", "twin@example.test"), ("m4", "Twin@Example.test")):
        fields = {"email": email, "points_tally": 10}
        member_id = str(sandbox.control("rivo", "POST", "members", fields)["id"])
        ids.append(member_id)
        with staging.begin() as connection:
            key = {"member_id": staged_id}
            Staged(connection).update(schema.members, key, member_id=member_id)
    day_us = 1_793_700_000_000_000  # 3 November 2026
    for moved in ({"source": "order_placed", "title": "Order"},) * 2:
        entry = {"points": 120, "applied_us": day_us, **moved}
        sandbox.control("rivo", "POST", f"members/{ids[0]}/ledger", entry)
    yield sandbox, ids
    forget_lookups()


def requests_to(sandbox: Sandbox) -> int:
    return int(sandbox.control("rivo", "GET", "counters")["total"])


def test_the_programme_is_asked_about_each_by_the_button_alone(
    manager: DeskClient, twins: tuple[Sandbox, list[str]]
) -> None:
    sandbox, ids = twins
    before = requests_to(sandbox)
    assert "Ask the programme for more" in manager.get(UNCLEAR).text
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    manager.call("GET", f"{DESK}/{STORE}{UNCLEAR}?ask=1", headers=elsewhere)
    assert requests_to(sandbox) == before

    page = manager.get(UNCLEAR, ask="1").text

    told = {one: next(a for a in page.split("<article") if f">{one}<" in a) for one in ids}
    assert "2 with points" in told[ids[0]]
    assert "3 Nov 2026" in told[ids[0]]
    assert "0 with points" in told[ids[1]]
    assert "none is told" in told[ids[1]]
    assert requests_to(sandbox) == before + 4


def test_who_may_only_look_cannot_have_the_programme_asked(
    desk: DeskClient, twins: tuple[Sandbox, list[str]]
) -> None:
    viewer, before = desk.as_user("viewer"), requests_to(twins[0])

    assert viewer.get(UNCLEAR, ask="1").status_code == 403
    assert "Ask the programme" not in viewer.get(UNCLEAR).text
    assert requests_to(twins[0]) == before


def test_a_programme_that_is_away_is_said_to_be_and_candidates_stay(
    manager: DeskClient, twins: tuple[Sandbox, list[str]]
) -> None:
    sandbox, ids = twins
    wanted = {"effect": "status", "method": "GET", "route": "*", "count": 9}
    sandbox.control("rivo", "POST", "faults", wanted)

    page = manager.get(UNCLEAR, ask="1").text

    assert "The programme does not answer now." in page
    for member_id in ids:
        assert f"Link to member {member_id}" in page
