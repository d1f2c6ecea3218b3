"""What public clients read beside tickets and customers: in full, and what is new since."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.gorgias.expressions import holds, read_filters
from sandbox.running import Sandbox
from tests.sandbox.calls import Call, iter_pages

LISTS = ("views", "teams", "rules", "jobs", "satisfaction-surveys", "messages")
MESSAGE = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}
VIEW = {"type": "ticket-list", "visibility": "private", "shared_with_users": [12]}


def all_rows(gorgias: Call, path: str, **query: Any) -> list[dict[str, Any]]:
    return [row for page in iter_pages(gorgias, path, **query) for row in page]


def view_rows(gorgias: Call, view_id: int, limit: int) -> list[dict[str, Any]]:
    """What is in a view, as its clients read it: each page says where the next one is."""
    rows: list[dict[str, Any]] = []
    query: dict[str, Any] = {}
    while True:
        path = f"/views/{view_id}/items"
        page = gorgias("GET", path, params={**query, "limit": limit}).json()
        rows += page["data"]
        if page["meta"]["next_items"] is None:
            return rows
        query = dict(parse_qsl(urlsplit(page["meta"]["next_items"]).query))


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_read_in_full_page_by_page_either_way(gorgias: Call, name: str) -> None:
    down = [row["id"] for row in all_rows(gorgias, f"/{name}", limit=2 if name == "teams" else 40)]
    up = [row["id"] for row in all_rows(gorgias, f"/{name}", order_by="created_datetime:asc")]

    assert down
    assert len(set(down)) == len(down)
    assert sorted(up) == sorted(down)
    assert gorgias("GET", f"/{name}?page=2").status_code == 400
    if name != "messages":
        row = gorgias("GET", f"/{name}/{down[0]}").json()
        assert row["uri"] == f"/api/{name}/{row['id']}/"
        assert gorgias("GET", f"/{name}/1").status_code == 404


def test_messages_without_a_ticket_are_those_of_all_the_newest_first(gorgias: Call) -> None:
    before = all_rows(gorgias, "/messages", limit=100)
    ticket = gorgias("POST", "/tickets", json={"messages": [MESSAGE]}).json()

    newest = gorgias("GET", "/messages?limit=1").json()["data"][0]
    after = all_rows(gorgias, "/messages", limit=100)

    assert newest["ticket_id"] == ticket["id"]
    assert len(after) == len(before) + 1
    stamps = [row["created_datetime"] for row in after[:40]]
    gorgias("DELETE", f"/tickets/{ticket['id']}")
    assert gorgias("GET", "/messages?limit=1").json()["data"][0] == before[0]
    assert stamps == sorted(stamps, reverse=True)


def test_a_view_holds_what_its_filter_says_in_its_order_on_pages_of_its_own(gorgias: Call) -> None:
    since = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    filters = f"gte(ticket.updated_datetime, '{since}') && eq(ticket.status, 'open')"
    body = {**VIEW, "filters": filters, "order_by": "updated_datetime", "order_dir": "asc"}
    view = gorgias("POST", "/views", json=body).json()["id"]

    rows = view_rows(gorgias, view, 7)

    tickets = all_rows(gorgias, "/tickets", limit=100, trashed="false")
    since_then = [t for t in tickets if t["status"] == "open" and t["updated_datetime"] >= since]
    assert len(rows) > 7
    assert {row["id"] for row in rows} == {ticket["id"] for ticket in since_then}
    stamps = [row["updated_datetime"] for row in rows]
    assert stamps == sorted(stamps)
    assert gorgias("DELETE", f"/views/{view}/").status_code == 204
    assert gorgias("GET", f"/views/{view}/items").status_code == 404


def test_a_view_goes_on_though_the_last_row_left_it(gorgias: Call) -> None:
    body = {**VIEW, "filters": "eq(ticket.status, 'open')", "order_dir": "asc"}
    view = gorgias("POST", "/views", json=body).json()["id"]
    everything = [row["id"] for row in view_rows(gorgias, view, 100)]
    first = gorgias("GET", f"/views/{view}/items?limit=3").json()
    gorgias("PUT", f"/tickets/{first['data'][-1]['id']}", json={"status": "closed"})

    query = dict(parse_qsl(urlsplit(first["meta"]["next_items"]).query))
    second = gorgias("GET", f"/views/{view}/items", params=query).json()

    assert [row["id"] for row in second["data"]] == everything[3:6]
    back = dict(parse_qsl(urlsplit(second["meta"]["prev_items"]).query))
    before = gorgias("GET", f"/views/{view}/items", params=back).json()["data"]
    assert [row["id"] for row in before] == everything[:2]


def test_the_systems_views_are_there_one_of_them_of_customers(gorgias: Call) -> None:
    views = gorgias("GET", "/views?category=system").json()["data"]
    people = next(view for view in views if view["type"] == "customer-list")

    assert gorgias("GET", f"/views/{people['id']}/items?limit=5").json()["data"][0]["email"]
    assert gorgias("GET", "/views?category=user").json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/views", {"type": "customer-list"}),
        ("/views", {"type": "ticket-list", "visibility": "private"}),
        ("/views", {**VIEW, "filters": "near(ticket.status, 'open')"}),
        ("/views", {**VIEW, "colour": "red"}),
        ("/teams", {"name": ""}),
        ("/rules", {"name": "No code"}),
        ("/jobs", {"type": "applyMakro", "params": {}}),
        ("/jobs", {"type": "applyMacro", "params": {}, "scheduled_datetime": "2999-01-01"}),
        ("/satisfaction-surveys", {"ticket_id": 1}),
        ("/satisfaction-surveys", {"ticket_id": 1, "customer_id": 1, "score": 4}),
    ],
)
def test_what_is_not_in_order_is_a_400(gorgias: Call, path: str, body: dict[str, Any]) -> None:
    assert gorgias("POST", path, json=body).status_code == 400


def test_a_survey_is_one_a_ticket_and_found_by_it(gorgias: Call) -> None:
    ticket = gorgias("POST", "/tickets", json={"messages": [MESSAGE]}).json()["id"]
    body = {"ticket_id": ticket, "customer_id": 70_000_001}
    survey = gorgias("POST", "/satisfaction-surveys", json=body)
    answered = {
        "sent_datetime": "2026-03-01T00:00:00",
        "scored_datetime": "2026-03-02T00:00:00",
        "score": 5,
    }

    assert survey.status_code == 201
    assert gorgias("POST", "/satisfaction-surveys", json=body).status_code == 400
    path = f"/satisfaction-surveys/{survey.json()['id']}"
    assert gorgias("PUT", path, json={"score": 5}).status_code == 400
    assert gorgias("PUT", path, json=answered).json()["score"] == 5
    found = gorgias("GET", f"/satisfaction-surveys?ticket_id={ticket}").json()["data"]
    assert [one["score"] for one in found] == [5]


def test_a_job_waits_until_it_is_cancelled(gorgias: Call) -> None:
    body = {"type": "applyMacro", "params": {"macro_id": 1, "ticket_ids": [1]}}
    job = gorgias("POST", "/jobs", json=body).json()

    assert (job["status"], job["user_id"]) == ("pending", 12)
    assert gorgias("DELETE", f"/jobs/{job['id']}").status_code == 204
    assert gorgias("GET", "/jobs?status=canceled").json()["data"][0]["id"] == job["id"]
    assert gorgias("DELETE", f"/jobs/{job['id']}").status_code == 400


@pytest.mark.parametrize(
    ("path", "scope"),
    [("views", "tickets"), ("teams", "users"), ("rules", "rules"), ("jobs", "jobs"),
     ("satisfaction-surveys", "satisfaction_survey")],
)  # fmt: skip
def test_an_app_needs_the_scope(sandbox: Sandbox, path: str, scope: str) -> None:
    token = sandbox.gorgias["oauth"]["access_token"]

    def status() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{sandbox.gorgias_url}/api/{path}"
        return requests.get(url, headers=headers, timeout=10).status_code

    before = sandbox.control("gorgias", "POST", "oauth", {})["scopes"]
    try:
        granted = [one for one in before if one != f"{scope}:read"]
        sandbox.control("gorgias", "POST", "oauth", {"scopes": granted})
        assert status() == 403
    finally:
        sandbox.control("gorgias", "POST", "oauth", {"scopes": before})
    assert status() == 200


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", True),
        ("eq(ticket.status, 'open')", True),
        ("neq(ticket.status, 'open')", False),
        ("isEmpty(ticket.assignee_user)", True),
        ("isNotEmpty(ticket.assignee_user.id)", False),
        ("eq(ticket.owner.id, {{current_user.id}})", True),
        ("gte(ticket.at, '2026-03-04T02:00:00+02:00') && lt(ticket.at, '2026-03-05')", True),
        ("gt(ticket.at, '2026-03-04T00:00:00')", False),
        ("gt(ticket.nothing, '1')", False),
        ("eq(ticket.spam, 'false')", True),
        ("containsAll(ticket.tags.name, ['vip', 'eu'])", True),
        ("containsAll(ticket.tags.name, ['vip', \"us\"])", False),
        ("containsAny(ticket.tags.name, ['vip', 'us']) && eq(ticket.status, 'open')", True),
        ("containsAny(ticket.tags.name, ['us'])", False),
        ("containsAny(ticket.nothing.name, ['us'])", False),
    ],
)
def test_a_filter_is_a_row_of_conditions(filters: str, *, expected: bool) -> None:
    ticket = {"status": "open", "assignee_user": None, "owner": {"id": 12}, "spam": False,
              "at": "2026-03-04T00:00:00+00:00",
              "tags": [{"name": "eu"}, {"name": "vip"}]}  # fmt: skip

    assert all(holds(one, ticket, 12) for one in read_filters(filters)) is expected


@pytest.mark.parametrize(
    "filters",
    [
        "status = open",
        "eq(ticket.status)",
        "isEmpty(ticket.a, 1)",
        "containsAll(ticket.tags.name, 'vip')",
        "containsAll(ticket.tags.name, [vip])",
    ],
)
def test_a_filter_that_is_not_known_says_so(filters: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read_filters(filters)
