"""Awards from a file on the desk: shown by class and cost, then asked for as they were seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards import csv_import
from loyalty_desk.awards.approval import take_to_ask
from loyalty_desk.clock import utc_now
from loyalty_desk.goodwill.liability import keep_liability
from loyalty_desk.settings import stores_file
from loyalty_desk.staging.people_schema import members
from tests.factories import STORE
from tests.http.award_files import HEAD, form_of, preview_of
from tests.http.desk import DeskClient
from tests.http.desk_world import fill
from tests.http.test_desk_awards import found
from tests.sql.staged import Staged


@pytest.fixture
def agent(desk: DeskClient) -> DeskClient:
    return desk.as_user("agent")


def test_a_file_is_previewed_queues_nothing_before_and_each_row_once(
    agent: DeskClient, staging: Engine
) -> None:
    content = f"{HEAD}m2,10,gesture\nm1,20,other\n"
    file = {"file": ("gifts.csv", content, "text/csv")}

    preview = agent.post("/awards/import", {"action": "preview"}, files=file)
    assert "2 new, 0 queued before, 0 not in order" in preview.text
    assert found(staging, door="desk") == []

    again = form_of(preview.text)
    fields = {**again, "content": again["content"].replace("\n", "\r\n")}
    assert "2 queued, 0 were queued before" in agent.post("/awards/import", fields).text
    assert "0 queued, 2 were queued before" in agent.post("/awards/import", fields).text
    assert sorted(one.amount for one in found(staging, door="desk")) == [10, 20]
    assert {one.agent for one in found(staging, door="desk")} == {"agent"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"{HEAD}m2,many,gesture\n", "line 2: amount"),
        ("member_id,amount,reason,agent\nm2,5,gesture,admin\n", "whoever sends the file awards"),
        ("nothing,of,ours\n1,2,3\n", "must begin with column names"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (f"{HEAD}=cmd|' /C calc'!A0,5,gesture\n", "is not the id of a member"),
    ],
)
def test_a_file_that_is_not_in_order_queues_nothing_and_says_where(
    agent: DeskClient, staging: Engine, content: str | bytes, says: str
) -> None:
    file = {"file": ("gifts.csv", content, "text/csv")}

    answer = agent.post("/awards/import", {"action": "import"}, files=file)

    assert says in answer.text
    assert found(staging, door="desk") == []


def test_a_preview_names_equal_rows_and_the_balance_that_a_deduction_leads_to(
    agent: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        Staged(connection).update(members, {"member_id": "m2"}, points_balance=50)
    content = "Member ID;Amount;Reason;\nm2;-60;other;\n;;;\nm2;-60;gesture;\n"
    file = {"file": ("gifts.csv", content.encode("utf-8-sig"), "text/csv")}

    preview = agent.post("/awards/import", {"action": "preview"}, files=file).text

    assert "2 new, 0 queued before, 0 not in order" in preview
    assert "100 → 40 points" in preview, "with the 50 that wait"
    assert "40 → -20 points" in preview, "and with the row above"
    assert "line 4: awards the same to the same person as line 2" in preview
    assert "leaves the member -20 points" in preview
    assert found(staging, door="desk") == []


def test_each_row_of_a_person_begins_where_the_one_above_ends(
    agent: DeskClient, staging: Engine
) -> None:
    content = (
        "member_id,email,amount,reason\nm1,,50,gesture\n,ada@gmail.com,50,other\nm1,,-20,other\n"
    )

    preview = preview_of(agent, content)

    assert re.findall(r"<small>([\d,]+ → [\d,]+ points)", preview) == [
        "100 → 150 points",
        "150 → 200 points",
        "200 → 180 points",
    ]
    assert "with what waits to be booked and with the rows above" in preview


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_a_preview_tells_each_row_by_class_with_what_becomes_of_it(
    agent: DeskClient, staging: Engine
) -> None:
    agent.post("/awards/import", form_of(preview_of(agent, f"{HEAD}m1,20,other\n")))
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("m7", "excluded@shop.example", status="excluded")
        staged.member("m8", "left@shop.example")
        staged.update(members, {"member_id": "m8"}, gone_at_utc="2026-01-01T00:00:00.000000Z")
    rows = ("m2,,10", "m1,,20", "m7,,5", "m8,,5", "m99,,5", ",twin@example.test,5", "m2,,1001")
    content = "member_id,email,amount,reason\n" + "".join(f"{row},other\n" for row in rows)

    shown = text_of(preview_of(agent, f"{content}m2,,many,other\n"))

    for words in (
        "To be awarded 1 To members",
        "Queued before 1 By the same row",
        "Excluded 1 The programme",
        "Gone 1 No member any more",
        "Not known here 1 No sync has read them",
        "Over a limit 1 It stops the file",
        "Unclear 1 Several members have the address",
        "Not in order 1 It stops the file",
        "All 8 The sum",
        "line 7: email: is that of several members, m3, m4",
        "line 8: max_points_per_award : one award may have 1,000 points at most",
        "line 9: amount: must be a number",
    ):
        assert words in shown, (words, shown)
    assert [one.amount for one in found(staging, door="desk")] == [20]


def test_only_what_was_seen_is_asked_for(agent: DeskClient, staging: Engine) -> None:
    by_address = "email,amount,reason\ngrace@example.test,10,gesture\n"
    form = form_of(preview_of(agent, by_address))
    blind = {name: value for name, value in form.items() if name != "seen"}
    other = {**form, "content": by_address.replace(",10,", ",90,")}
    alone = {**form, "whole": "1"}

    assert "1 new, 0 queued before" in agent.post("/awards/import", blind).text
    for changed in (other, alone):
        refused = agent.post("/awards/import", changed)
        assert refused.status_code == 400
        assert "would do something else by now than when you looked" in refused.text
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.update(members, {"member_id": "m2"}, email_key="grace@other.example")
        staged.member("m9", "grace@example.test")
    moved = agent.post("/awards/import", form)

    assert moved.status_code == 400, "the address is another member's by now"
    assert "member m9" in text_of(moved.text)
    assert found(staging, email="grace@example.test") == []
    assert "1 queued" in agent.post("/awards/import", form_of(moved.text)).text


def test_a_preview_says_the_cost_before_and_after_and_what_is_left_of_the_month(
    serve: Callable[..., DeskClient], staging: Engine, staging_url: str
) -> None:
    goodwill = {"point_value": 0.01, "budget_per_month": 1}
    limits = {"approval_above_points": 100}
    client = serve(staging_url, currency="EUR", awards=limits, goodwill=goodwill)
    fill(staging, stores_file.stores_file().get(STORE))
    agent = client.as_user("agent")
    agent.post("/awards/import", form_of(preview_of(agent, f"{HEAD}m1,20,other\n")))
    with staging.begin() as connection:
        keep_liability(connection, stores_file.stores_file().get(STORE), utc_now())
    content = "member_id,amount,unit,reason\nm1,20,,other\nm2,150,,gesture\nm1,2.50,credits,other\n"

    shown = text_of(preview_of(agent, content))

    assert "2 new, 1 queued before, 0 not in order. 1 needs approval by another person." in shown
    for words in (
        "Before 20 points 0.20 EUR This adds 150 points 1.50 EUR Afterwards 170 points 1.70 EUR",
        "Before 0.00 credits 0.00 EUR This adds 2.50 credits 2.50 EUR",
        "Budget of the month 1.00 of 1.00 EUR; this takes 4.00 3.00 over",
        "Points of all members 400 on",
        "550 with this",
    ):
        assert words in shown, (words, shown)


def test_a_file_on_the_desk_has_an_end(
    agent: DeskClient, staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_import, "MOST_ROWS_ON_DESK", 2)
    rows = "m2,10,gesture\nm1,20,other\n"

    assert "2 new" in preview_of(agent, HEAD + rows)
    assert "gifts.csv has more than 2 rows; split it" in preview_of(
        agent, f"{HEAD}{rows}m2,5,other\n"
    )
    assert found(staging, door="desk") == []


def test_any_file_is_followed_and_taken_back_as_a_batch(
    serve: Callable[..., DeskClient], staging: Engine, staging_url: str
) -> None:
    client = serve(staging_url, awards={"approval_above_points": 100})
    fill(staging, stores_file.stores_file().get(STORE))
    agent, manager = client.as_user("agent"), client.as_user("manager")
    content = f"{HEAD}m2,10,gesture\nm1,150,gesture\n"

    done = agent.post("/awards/import", form_of(preview_of(agent, content))).text
    link = re.search(r'href="[^"]*(/awards/batches/\w+)">the batch', done)
    assert link is not None
    shown = text_of(manager.get(link[1]).text)

    assert "1 of them needs approval one by one" in shown
    assert "Approve all" not in shown, "each is asked about alone, as ever"
    refused = manager.post(f"{link[1]}/approval", {"action": "approve"})
    assert refused.status_code == 400
    assert link[1] not in manager.get("/awards").text
    assert manager.get(f"{link[1]}/result.csv").text.count("\r\n") == 3
    with staging.begin() as connection:
        assert len(take_to_ask(connection, STORE, "a run")) == 2, "that one, and the world's"

    back = agent.post(f"{link[1]}/take-back", {"take_back_why": "the wrong file"})

    assert back.headers["location"].endswith("?done=taken_back")
    assert {one.state for one in found(staging, door="desk")} == {"rejected"}
    assert "Rejected 2" in text_of(manager.get(f"{link[1]}/progress").text)
