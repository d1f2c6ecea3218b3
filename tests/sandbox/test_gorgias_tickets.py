"""Tickets of the Gorgias stand-in, their tags and their notes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.running import Sandbox
from tests.sandbox.calls import CUSTOMERS, Call, iter_pages

NOTE = {
    "channel": "internal-note", "via": "api", "from_agent": True, "public": False,
    "sender": {"id": 12}, "body_text": "Loyalty: Gold",
}  # fmt: skip
MESSAGE = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}


@pytest.fixture
def ticket(gorgias: Call) -> dict[str, Any]:
    found: dict[str, Any] = gorgias("GET", "/tickets?limit=1&trashed=false").json()["data"][0]
    return found


def test_a_ticket_row_has_a_thin_customer(ticket: dict[str, Any]) -> None:
    assert ticket["customer"].keys() == {"id", "email", "name", "firstname", "lastname", "meta"}
    assert isinstance(ticket["integrations"], list)


def test_a_ticket_has_its_messages_and_a_whole_customer(
    gorgias: Call, ticket: dict[str, Any]
) -> None:
    whole = gorgias("GET", f"/tickets/{ticket['id']}").json()

    assert len(whole["messages"]) == ticket["messages_count"] == 2
    assert {"integrations", "data", "external_data"} <= whole["customer"].keys()
    assert "custom_fields" not in whole["customer"]


def test_about_a_tenth_of_the_customers_have_recent_tickets(gorgias: Call) -> None:
    since = (datetime.now(UTC) - timedelta(days=32)).isoformat()
    recent: set[int] = set()
    for page in iter_pages(gorgias, "/tickets", order_by="updated_datetime:desc", limit=100):
        fresh = [row for row in page if row["updated_datetime"] > since]
        recent.update(row["customer"]["id"] for row in fresh if row["customer"])
        if len(fresh) < len(page):
            break

    assert 0.08 * CUSTOMERS < len(recent) < 0.12 * CUSTOMERS


def test_tickets_in_the_trash_are_listed_unless_left_out(gorgias: Call) -> None:
    everything = [row for page in iter_pages(gorgias, "/tickets", limit=100) for row in page]
    kept = [
        row for page in iter_pages(gorgias, "/tickets", limit=100, trashed="false") for row in page
    ]

    assert any(row["trashed_datetime"] for row in everything)
    assert not any(row["trashed_datetime"] for row in kept)


def test_some_tickets_have_no_customer_and_some_odd_dates(gorgias: Call) -> None:
    rows = [row for page in iter_pages(gorgias, "/tickets", limit=100) for row in page]

    assert any(row["customer"] is None for row in rows)
    assert any((row["closed_datetime"] or "") > "2037" for row in rows)


def test_tickets_are_filtered_by_customer_and_by_ids(gorgias: Call, ticket: dict[str, Any]) -> None:
    by_customer = gorgias("GET", f"/tickets?customer_id={ticket['customer']['id']}").json()["data"]
    by_ids = gorgias("GET", f"/tickets?ticket_ids={ticket['id']}&ticket_ids=1").json()["data"]

    assert ticket["id"] in [row["id"] for row in by_customer]
    assert [row["id"] for row in by_ids] == [ticket["id"]]


def test_a_ticket_for_an_unknown_email_creates_the_customer(gorgias: Call) -> None:
    body = {"customer": {"email": "New@Example.test"}, "messages": [MESSAGE], "subject": "Hi"}
    created = gorgias("POST", "/tickets", json=body)

    assert created.status_code == 201
    assert created.json()["customer"]["email"] == "new@example.test"
    assert gorgias("GET", "/tickets?limit=1").json()["data"][0]["id"] == created.json()["id"]


def test_tickets_of_a_customer_who_was_added_and_deleted_are_still_listed(gorgias: Call) -> None:
    body = {"customer": {"email": "brief@example.test"}, "messages": [MESSAGE]}
    created = gorgias("POST", "/tickets", json=body).json()
    customer_id = created["customer"]["id"]
    assert gorgias("DELETE", f"/customers/{customer_id}").status_code == 204

    listed = gorgias("GET", "/tickets?limit=1").json()["data"][0]
    assert (listed["id"], listed["customer"]["id"]) == (created["id"], customer_id)
    assert gorgias("GET", f"/customers/{customer_id}").status_code == 404
    assert gorgias("GET", f"/tickets/{created['id']}").json()["customer"] is None


@pytest.mark.parametrize(
    "change",
    [{"subject": "x" * 999}, {"status": "ajar"}, {"messages": []}, {"messages": [{"via": "api"}]}],
    ids=["long subject", "unknown status", "no message", "message without channel"],
)
def test_a_bad_ticket_is_a_400(gorgias: Call, change: dict[str, Any]) -> None:
    assert gorgias("POST", "/tickets", json={"messages": [MESSAGE]} | change).status_code == 400


def test_a_note_is_stored_and_moves_the_ticket_to_the_front(gorgias: Call) -> None:
    row = gorgias("GET", "/tickets?order_by=updated_datetime:asc&limit=1").json()["data"][0]
    answer = gorgias("POST", f"/tickets/{row['id']}/messages", json=NOTE)

    assert answer.status_code == 201
    assert answer.json()["sender"]["id"] == 12
    last = gorgias("GET", f"/messages?ticket_id={row['id']}&limit=1").json()["data"][0]
    assert last["body_text"] == "Loyalty: Gold"
    front = gorgias("GET", "/tickets?order_by=updated_datetime:desc&limit=1").json()["data"][0]
    assert front["id"] == row["id"]


@pytest.mark.parametrize(
    "change",
    [{"sender": {"email": "mira@example.test"}}, {"receiver": {"id": 1}}, {"colour": "red"}],
    ids=["sender is no agent", "a note with a receiver", "unknown key"],
)
def test_a_bad_note_is_a_400(gorgias: Call, ticket: dict[str, Any], change: dict[str, Any]) -> None:
    answer = gorgias("POST", f"/tickets/{ticket['id']}/messages", json=NOTE | change)

    assert answer.status_code == 400


def test_tags_are_added_replaced_and_removed_with_empty_answers(
    gorgias: Call, ticket: dict[str, Any]
) -> None:
    path = f"/tickets/{ticket['id']}/tags"

    def names() -> list[str]:
        return [tag["name"] for tag in gorgias("GET", path).json()["data"]]

    answers = [gorgias("PUT", path, json={"names": ["vip"]})]
    assert names() == ["vip"]
    answers.append(gorgias("POST", path, json={"names": ["refund"]}))
    assert names() == ["vip", "refund"]
    answers.append(gorgias("DELETE", path, json={"names": ["vip"]}))
    assert names() == ["refund"]
    assert [(one.status_code, one.content) for one in answers] == [
        (202, b""), (201, b""), (204, b""),
    ]  # fmt: skip


def test_an_unknown_tag_name_makes_the_tag_or_not_by_switch(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any]
) -> None:
    path = f"/tickets/{ticket['id']}/tags"
    assert gorgias("POST", path, json={"names": ["loyalty"]}).status_code == 404

    assert gorgias("POST", "/tags", json={"name": "loyalty"}).status_code == 201
    assert gorgias("POST", path, json={"names": ["loyalty"]}).status_code == 201
    assert gorgias("POST", path, json={"names": ["Loyalty"]}).status_code == 404

    sandbox.control("gorgias", "POST", "switches", {"tag_name_creates_tag": True})
    assert gorgias("POST", path, json={"names": ["Loyalty"]}).status_code == 201


def test_tags_that_come_and_go_leave_events(gorgias: Call, ticket: dict[str, Any]) -> None:
    path, query = f"/tickets/{ticket['id']}/tags", {"types": ["ticket-tags-added"]}
    gorgias("PUT", path, json={"names": ["refund"]})
    vip = next(t for t in gorgias("GET", "/tags").json()["data"] if t["name"] == "vip")
    gorgias("POST", path, json={"ids": [vip["id"]]})
    gorgias("POST", path, json={"ids": [vip["id"]]})
    gorgias("DELETE", path, json={"names": ["vip"]})

    added = gorgias("GET", "/events?limit=5", params=query).json()["data"]
    query = {"types": ["ticket-tags-removed"]}
    removed = gorgias("GET", "/events?limit=1", params=query).json()["data"][0]

    assert (added[0]["object_id"], added[0]["data"]) == (ticket["id"], {"tags_added": [vip["id"]]})
    assert removed["data"] == {"tags_removed": [vip["id"]]}
    assert [one["data"] for one in added].count({"tags_added": [vip["id"]]}) == 1
