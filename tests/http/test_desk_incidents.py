"""Compensating after an incident on the desk: previewed, asked for, approved and taken back."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from loyalty_desk.staging import schema
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import DOUBLE, EVIL, GRACE, HTML
from tests.http.test_desk_awards import found
from tests.sql.staged import Staged

FIELDS = {
    "incident": "parcels",
    "tag": "late",
    "amount": "100",
    "unit": "points",
    "reason": "late_delivery",
    "note": "Sorry for the wait",
}
PAGE = "/awards/incident"


@pytest.fixture(autouse=True)
def late(staging: Engine, desk: DeskClient) -> None:
    """Three people wrote about it: a member, one that is unclear, and one who is none."""
    with staging.begin() as connection:
        staged = Staged(connection)
        for ticket_id in (80, 90, 99):
            staged.update(schema.tickets, {"ticket_id": ticket_id}, tags='["late"]')


def preview(user: DeskClient, **fields: str) -> str:
    return unescape(user.post(PAGE, {**FIELDS, "action": "preview", **fields}).text)


def ask(user: DeskClient, **fields: str) -> str:
    """Ask for approval; returns the path of the batch."""
    seen = re.search(r'name="seen" value="(\w+)"', preview(user, **fields))
    assert seen is not None
    answer = user.post(PAGE, {**FIELDS, "action": "ask", "seen": seen[1], **fields})
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"].removeprefix(f"{DESK}/{STORE}").partition("?")[0]
    assert re.fullmatch(r"/awards/batches/[0-9a-f]{32}", path)
    return path


def states(engine: Engine) -> list[str]:
    return [one.state for one in found(engine, door="batch")]


def test_a_preview_lists_everybody_with_why_and_books_nothing(
    desk: DeskClient, staging: Engine
) -> None:
    agent = desk.as_user("agent")
    shown = preview(agent)
    assert agent.post(PAGE, {**FIELDS, "action": "ask"}).status_code == 200, "without having looked"

    assert "1 member is to have 100 points, once each" in shown
    for words in ("Who wrote the 3 tickets", "several members have the address", "Not a member"):
        assert words in shown
    for customer_id in (GRACE, DOUBLE, EVIL):
        assert f"/customers/{customer_id}" in shown
    assert "150 → 250 points" in shown, "of 100, with 50 that wait"
    assert "Loyalty: +100 points booked (late_delivery), by agent" not in shown
    assert "Ask for approval of 1 award" in shown
    assert states(staging) == []


def test_a_second_person_approves_the_whole(desk: DeskClient, staging: Engine) -> None:
    agent, manager = desk.as_user("agent"), desk.as_user("manager")
    where = ask(agent)
    assert where in manager.get("/awards").text
    assert where in manager.get(PAGE).text
    shown = unescape(manager.get(where).text)
    assert "3, with the tag late" in shown
    assert "Waits for approval: 0 of 1 are settled" in re.sub(r"</?strong>", "", shown)

    assert manager.post(f"{where}/approval", {"action": "approve"}).status_code == 303

    assert states(staging) == ["approved"]
    assert "Under way" in manager.get(f"{where}/progress").text


def test_whoever_asked_does_not_approve(desk: DeskClient, staging: Engine) -> None:
    manager = desk.as_user("manager")
    where = ask(manager)

    refused = manager.post(f"{where}/approval", {"action": "approve"})

    assert refused.status_code == 400
    assert "another has to approve" in unescape(refused.text)
    assert states(staging) == ["needs_approval"]


def test_asked_for_again_nothing_is_asked_for_twice(desk: DeskClient, staging: Engine) -> None:
    agent = desk.as_user("agent")
    where = ask(agent)

    again = agent.post(PAGE, {**FIELDS, "action": "ask", "seen": ""})
    stale = agent.post(PAGE, {**FIELDS, "action": "ask", "seen": "²"})

    assert "Nobody is left to be compensated" in again.text
    assert stale.status_code == 400
    assert "others are to be compensated by now than when you looked" in stale.text
    assert "Nobody is left to be compensated" in stale.text
    assert len(states(staging)) == 1
    assert "Compensated before" in preview(agent)
    assert where in agent.get(PAGE).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"incident": "Late Parcels!"}, "must be letters, digits and hyphens"),
        ({"amount": "-1"}, "must be above 0"),
        ({"tag": ""}, "choose tickets by a tag"),
        ({"first_day": "2026-13-01"}, "must be a day"),
        ({"note": f"ld: {HTML}"}, "must not hold"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    desk: DeskClient, staging: Engine, fields: dict[str, str], said: str
) -> None:
    answer = desk.as_user("agent").post(PAGE, {**FIELDS, "action": "ask", **fields})

    assert answer.status_code == 400
    assert said in unescape(answer.text)
    assert HTML not in answer.text
    assert states(staging) == []


def test_a_limit_on_the_whole_leaves_no_button(desk: DeskClient) -> None:
    shown = preview(desk.as_user("agent"), amount="1001")

    assert "one award may have 1,000 points at most" in shown
    assert "max_points_per_award" in shown
    assert "Ask for approval" not in shown


def test_the_results_are_files_with_addresses_for_who_may_see_them(
    desk: DeskClient, staging: Engine
) -> None:
    where = ask(desk.as_user("agent"))

    answer = desk.as_user("manager").get(f"{where}/result.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(
        io.BytesIO(desk.as_user("manager").get(f"{where}/result.xlsx").content)
    )

    assert {row["customer"]: row["result"] for row in rows} == {
        str(GRACE): "Waits for approval",
        str(DOUBLE): "Unclear",
        str(EVIL): "Not a member",
    }
    assert "attachment" in answer.headers["content-disposition"]
    assert "grace@example.test" in answer.text
    assert book.sheetnames == ["Sums", "Everybody"]
    assert desk.as_user("manager").get(f"{where}/result.pdf").status_code == 404


def test_all_is_taken_back_and_the_rest_is_listed(desk: DeskClient, staging: Engine) -> None:
    agent, manager = desk.as_user("agent"), desk.as_user("manager")
    where = ask(agent)
    assert agent.post(f"{where}/take-back", {"take_back_why": ""}).status_code == 400
    [award] = found(staging, door="batch")
    with staging.begin() as connection:
        key: dict[str, Any] = {"award_id": award.award_id}
        Staged(connection).update(schema.awards, key, state="applied", member_id="m2")

    done = agent.post(f"{where}/take-back", {"take_back_why": "the wrong amount"})

    assert done.headers["location"].endswith("?done=taken_back")
    shown = manager.get(where).text
    assert "Booked, to be taken back" in shown
    link = re.search(r'href="[^"]*(/awards/batches/\w+)">What takes it back', shown)
    assert link is not None
    assert "Take all of it back" not in manager.get(link[1]).text
    own = agent.post(f"{link[1]}/approval", {"action": "approve"})
    assert own.status_code == 403
    assert manager.post(f"{link[1]}/approval", {"action": "approve"}).status_code == 303
    assert sorted((one.amount, one.state) for one in found(staging, door="batch")) == [
        (-100, "approved"),
        (100, "applied"),
    ]


def test_a_view_that_cannot_be_read_is_said(desk: DeskClient) -> None:
    answer = desk.as_user("agent").post(PAGE, {**FIELDS, "view_id": "5", "action": "preview"})

    assert answer.status_code == 400
    assert "Not done" in answer.text


def test_what_may_be_booked_is_not_called_settled(desk: DeskClient, staging: Engine) -> None:
    where = ask(desk.as_user("agent"))
    with staging.begin() as connection:
        Staged(connection).update(schema.awards, {"door": "batch"}, state="unknown")

    shown = desk.as_user("manager").get(f"{where}/progress").text

    assert "Of 1 nobody can tell whether it is booked" in shown
    assert "All 1 are settled" not in shown
