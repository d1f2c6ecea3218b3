"""HTTP integrations of the Gorgias stand-in: when they call, what they send, what is kept."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from sandbox.running import Sandbox, running_sandbox
from tests.sandbox.calls import Call, gorgias_caller, put_data
from tests.sandbox.receiver import Receiver, receiving
from tests.sandbox.test_gorgias_tickets import MESSAGE, NOTE
from tests.waiting import wait_until

ALL = ("ticket-created", "ticket-updated", "ticket-message-created")
FORM = {"email": "{{ticket.customer.email}}", "ticket_id": "{{ticket.id}}", "why": "{{event.type}}"}


@pytest.fixture
def ticket(gorgias: Call) -> dict[str, Any]:
    rows = gorgias("GET", "/tickets?limit=50&trashed=false").json()["data"]
    return next(row for row in rows if row["customer"] and row["customer"]["email"])


def integrate(gorgias: Call, url: str, triggers: tuple[str, ...] = ALL, **http: Any) -> int:
    settings = {"url": url, "method": "POST", "triggers": dict.fromkeys(triggers, True)} | http
    body = {"name": "Lookup", "type": "http", "http": settings}
    answer = gorgias("POST", "/integrations", json=body)
    assert answer.status_code == 201
    return int(answer.json()["id"])


def add_note(gorgias: Call, ticket: dict[str, Any]) -> None:
    assert gorgias("POST", f"/tickets/{ticket['id']}/messages", json=NOTE).status_code == 201


def figures(sandbox: Sandbox, integration_id: int) -> dict[str, Any]:
    rows = sandbox.control("gorgias", "GET", "integrations")["data"]
    found: dict[str, Any] = next(row for row in rows if row["id"] == integration_id)
    return found


def settled(sandbox: Sandbox, integration_id: int, calls: int = 1) -> dict[str, Any]:
    """Return the figures once so many calls are over."""

    def is_over() -> bool:
        now = figures(sandbox, integration_id)
        return bool(now["calls"] >= calls and not now["pending"])

    wait_until(is_over)
    return figures(sandbox, integration_id)


def test_a_form_is_sent_as_json_with_its_variables_filled_in(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    url = receiver.url + "?id={{ticket.customer.id}}&subject={{ticket.subject}}"
    headers = {"Authorization": "Bearer sesame"}
    integrate(gorgias, url, headers=headers, form=FORM | {"note": "{{message.body_text}}"})

    add_note(gorgias, ticket)

    call = receiver.wait_for(1)[0]
    assert call.json == {
        "email": ticket["customer"]["email"], "ticket_id": str(ticket["id"]),
        "why": "ticket-message-created", "note": "Loyalty: Gold",
    }  # fmt: skip
    query = parse_qs(urlsplit(call.path).query)
    assert query == {"id": [str(ticket["customer"]["id"])], "subject": [ticket["subject"]]}
    assert call.headers["authorization"] == "Bearer sesame"
    assert call.headers["content-type"] == "application/json"


def test_a_form_is_sent_as_form_fields_or_with_get_in_the_query(
    gorgias: Call, ticket: dict[str, Any], receiver: Receiver
) -> None:
    kind = "application/x-www-form-urlencoded"
    integrate(gorgias, receiver.url, form=FORM, request_content_type=kind)
    add_note(gorgias, ticket)
    posted = receiver.wait_for(1)[0]
    integrate(gorgias, receiver.url, method="GET", form=FORM)
    add_note(gorgias, ticket)
    got = next(one for one in receiver.wait_for(3) if one.method == "GET")

    assert posted.headers["content-type"] == kind
    assert dict(parse_qsl(posted.body.decode()))["email"] == ticket["customer"]["email"]
    assert parse_qs(urlsplit(got.path).query)["ticket_id"] == [str(ticket["id"])]
    assert got.body == b""


def test_without_a_form_the_whole_ticket_is_posted(
    gorgias: Call, ticket: dict[str, Any], receiver: Receiver
) -> None:
    put_data(gorgias, ticket["customer"]["id"], {"loyalty": {"points": 5}})
    integrate(gorgias, receiver.url)

    add_note(gorgias, ticket)

    sent = receiver.wait_for(1)[0].json
    assert (sent["id"], sent["account"]) == (ticket["id"], {"domain": "lakeside-tea"})
    assert sent["customer"]["data"] == {"loyalty": {"points": 5}}
    assert sent["customer"]["integrations"] == {}
    assert not {"external_data", "custom_fields"} & sent["customer"].keys()
    assert sent["last_message"]["body_text"] == "Loyalty: Gold"
    assert len(sent["messages"]) == 3


def test_what_is_not_available_is_sent_as_a_blank_space(gorgias: Call, receiver: Receiver) -> None:
    integrate(gorgias, receiver.url, form={"who": "{{ticket.customer.integrations.7.name}}"})

    gorgias("POST", "/tickets", json={"messages": [MESSAGE]})

    assert receiver.wait_for(1)[0].json == {"who": " "}


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE"])
def test_a_change_of_tags_is_an_update_of_the_ticket(
    gorgias: Call, ticket: dict[str, Any], receiver: Receiver, verb: str
) -> None:
    integrate(gorgias, receiver.url, ("ticket-updated",), form=FORM)

    gorgias(verb, f"/tickets/{ticket['id']}/tags", json={"names": ["vip"]})

    assert receiver.wait_for(1)[0].json["why"] == "ticket-updated"
    query = f"types=ticket-updated&object_type=Ticket&object_id={ticket['id']}"
    assert len(gorgias("GET", f"/events?{query}").json()["data"]) == 1


def test_each_trigger_fires_for_its_own_event_only(
    gorgias: Call, sandbox: Sandbox, receiver: Receiver
) -> None:
    integrate(gorgias, receiver.url, ("ticket-created",), form=FORM)
    off = integrate(gorgias, receiver.url, (), form=FORM)
    body = {"messages": [MESSAGE], "customer": {"email": "new@example.test"}}
    created = gorgias("POST", "/tickets", json=body).json()
    gorgias("PUT", f"/tickets/{created['id']}", json={"subject": "Changed"})
    add_note(gorgias, created)
    receiver.wait_for(1)  # each integration calls by itself, so the later one might be first
    watcher = integrate(gorgias, receiver.url, ("ticket-message-created",), form=FORM)
    add_note(gorgias, created)

    settled(sandbox, watcher)

    assert [one.json["why"] for one in receiver.wait_for(2)] == [
        "ticket-created",
        "ticket-message-created",
    ]
    assert figures(sandbox, off)["calls"] == 0


def test_a_new_ticket_fires_for_its_message_too_if_a_switch_says_so(
    gorgias: Call, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"ticket_create_fires_message_created": True})
    integrate(gorgias, receiver.url, form=FORM)

    gorgias("POST", "/tickets", json={"messages": [MESSAGE]})

    assert {one.json["why"] for one in receiver.wait_for(2)} == {
        "ticket-created",
        "ticket-message-created",
    }


def test_the_reply_shows_on_the_customer_and_other_keys_stay(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    customer_id = ticket["customer"]["id"]
    sandbox.control(
        "gorgias", "PATCH", f"customers/{customer_id}", {"integrations": {"9": {"shop": 1}}}
    )
    receiver.reply = b'{"points": 1840, "tier": "Gold"}'
    mine = integrate(gorgias, receiver.url, form=FORM)

    add_note(gorgias, ticket)

    now = settled(sandbox, mine)
    assert (now["calls"], now["succeeded"], now["failed"], now["stored"]) == (1, 1, 0, 1)
    held = {"9": {"shop": 1}, str(mine): {"points": 1840, "tier": "Gold"}}
    assert gorgias("GET", f"/customers/{customer_id}").json()["integrations"] == held
    whole = gorgias("GET", f"/tickets/{ticket['id']}").json()
    assert whole["customer"]["integrations"] == held


@pytest.mark.parametrize("reply", [b"", b"[1]", b"nothing"], ids=["empty", "array", "no JSON"])
def test_a_reply_that_is_no_object_is_not_stored(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver, reply: bytes
) -> None:
    receiver.reply = reply
    mine = integrate(gorgias, receiver.url)

    add_note(gorgias, ticket)

    now = settled(sandbox, mine)
    assert (now["succeeded"], now["stored"]) == (1, 0)
    customer = gorgias("GET", f"/customers/{ticket['customer']['id']}").json()
    assert customer["integrations"] == {}


def test_a_5xx_and_a_timeout_are_tried_again(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    receiver.statuses = [503, 500]
    mine = integrate(gorgias, receiver.url)
    add_note(gorgias, ticket)
    busy = settled(sandbox, mine)
    sandbox.control("gorgias", "POST", "switches", {"integration_timeout_s": 0.1})
    receiver.wait_s = 0.5
    add_note(gorgias, ticket)
    late = settled(sandbox, mine, calls=2)

    assert [one["status"] for one in busy["last"]] == [503, 500, 200]
    assert [one["trouble"] for one in late["last"][3:]] == ["timeout"] * 3
    assert (late["succeeded"], late["failed"]) == (1, 1)
    assert late["last"][0].items() >= {
        "trigger": "ticket-message-created", "ticket_id": ticket["id"], "attempt": 1,
    }.items()  # fmt: skip


def test_a_4xx_is_not_tried_again(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    receiver.statuses = [401]
    mine = integrate(gorgias, receiver.url)

    add_note(gorgias, ticket)

    assert settled(sandbox, mine)["failed"] == 1
    assert len(receiver.received) == 1


def test_failures_in_a_row_disable_an_integration_and_a_success_resets_them(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"integration_disabled_after": 3})
    receiver.statuses = [400, 400, 200, 400, 400, 400]
    mine = integrate(gorgias, receiver.url)

    for calls in range(1, 7):
        assert figures(sandbox, mine)["deactivated_datetime"] is None
        add_note(gorgias, ticket)
        settled(sandbox, mine, calls)
    add_note(gorgias, ticket)

    now = figures(sandbox, mine)
    assert (now["calls"], now["failed"]) == (6, 5)
    assert gorgias("GET", f"/integrations/{mine}").json()["deactivated_datetime"]
    event = gorgias("GET", "/events?types=integration-deactivated").json()["data"][0]
    assert (event["object_type"], event["object_id"]) == ("Integration", mine)

    gorgias("PUT", f"/integrations/{mine}", json={"name": "Again", "deactivated_datetime": None})
    add_note(gorgias, ticket)
    assert settled(sandbox, mine, 7)["succeeded"] == 2


def test_nothing_is_sent_to_another_machine(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any]
) -> None:
    mine = integrate(gorgias, "http://127.0.0.1.{{ticket.channel}}.example/")

    add_note(gorgias, ticket)

    assert settled(sandbox, mine)["last"][0]["trouble"].startswith("not on this machine")


def test_a_kept_reply_sets_nothing_off(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    receiver.reply = b'{"points": 1}'
    changes = {"data_write_fires_ticket_updated": True, "field_write_fires_ticket_updated": True}
    sandbox.control("gorgias", "POST", "switches", changes)
    mine = integrate(gorgias, receiver.url)

    add_note(gorgias, ticket)

    # A call counts from the event on, so none is still to come when all are over.
    assert settled(sandbox, mine)["calls"] == 1


@pytest.mark.parametrize("counts", [False, True], ids=["does not count", "counts"])
def test_a_write_to_the_customer_is_an_update_of_the_newest_ticket_only_by_switch(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver, *, counts: bool
) -> None:
    names = ("data_write_fires_ticket_updated", "field_write_fires_ticket_updated")
    sandbox.control("gorgias", "POST", "switches", dict.fromkeys(names, counts))
    mine = integrate(gorgias, receiver.url, ("ticket-updated", "ticket-created"), form=FORM)
    customer = {"id": ticket["customer"]["id"]}
    body = {"messages": [MESSAGE], "customer": customer}
    newest = str(gorgias("POST", "/tickets", json=body).json()["id"])
    path = f"/customers/{customer['id']}"

    put_data(gorgias, customer["id"], {"loyalty": 1})
    gorgias("PUT", f"{path}/custom-fields", json=[{"id": 101, "value": "a"}])
    gorgias("PUT", f"{path}/custom-fields/101", json="b")
    gorgias("PUT", path, json={"data": {}})

    expected = [newest] * (5 if counts else 1)
    assert [one.json["ticket_id"] for one in receiver.wait_for(len(expected))] == expected
    assert settled(sandbox, mine, len(expected))["calls"] == len(expected)
    assert len(receiver.received) == len(expected)


def test_the_figures_tell_no_secret(
    gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    mine = integrate(gorgias, receiver.url + "?key=sesame", headers={"X-Api-Key": "sesame"})

    add_note(gorgias, ticket)

    assert "sesame" not in json.dumps(settled(sandbox, mine))


def test_shutting_down_waits_for_no_delivery() -> None:
    with receiving() as receiver:
        receiver.wait_s = 4.0
        with running_sandbox(members=20, customers=50, seed=1) as started:
            gorgias = gorgias_caller(started)
            integrate(gorgias, receiver.url)
            gorgias("POST", "/tickets", json={"messages": [MESSAGE]})
            receiver.wait_for(1)
            asked_s = time.monotonic()
        assert time.monotonic() - asked_s < 3.0
