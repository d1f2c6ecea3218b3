"""Webhooks of the Rivo stand-in: what is delivered, and that it is signed."""

import pytest

from sandbox.rivo.hooks import SIGNATURE, sign
from sandbox.running import Sandbox
from tests.sandbox.calls import Call, members_of
from tests.sandbox.receiver import Receiver


def register(rivo: Call, event_type: str, url: str) -> int:
    return rivo("POST", "/webhooks", data={"event_type": event_type, "url": url}).status_code


def test_a_booked_event_is_delivered_flat_and_signed(
    rivo: Call, sandbox: Sandbox, receiver: Receiver
) -> None:
    assert register(rivo, "points_event/created", receiver.url) == 201
    member = members_of(sandbox, limit=1)[0]
    form = {"customer_identifier": member["id"], "source": "manual", "points_amount": -4}
    booked = rivo("POST", "/points_events", data=form).json()["data"]

    event = receiver.wait_for(1)[0].json

    assert (event["id"], event["points_amount"], event["points_diff"]) == (booked["id"], 4, -4)
    assert event["customer"]["id"] == member["id"]
    delivery = receiver.received[0]
    assert delivery.headers[SIGNATURE] == sign(delivery.body, sandbox.rivo["webhook_secret"])


def test_a_changed_profile_is_delivered_as_a_snapshot(
    rivo: Call, sandbox: Sandbox, receiver: Receiver
) -> None:
    register(rivo, "loyalty_profile/updated", receiver.url)
    member_ids = sandbox.control("rivo", "POST", "tick", {"members": 3, "seed": 1})["member_ids"]

    snapshots = [one.json for one in receiver.wait_for(3)]

    assert {one["id"] for one in snapshots} == set(member_ids)
    assert all(one["event_type"] == "loyalty_profile/updated" for one in snapshots)
    assert all("remote_updated_at" in one and "points_tally" in one for one in snapshots)


def test_a_delivery_is_tried_again_until_it_is_taken(
    rivo: Call, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    register(rivo, "loyalty_profile/updated", receiver.url)
    sandbox.control("rivo", "POST", "tick", {"members": 1})

    first, second = receiver.wait_for(2)

    assert first.body == second.body


@pytest.mark.parametrize(
    ("event_type", "url"),
    [("loyalty_profile/updated", "http://shop.example/hook"), ("unknown", "http://127.0.0.1:9/")],
    ids=["not on this machine", "unknown type"],
)
def test_a_bad_registration_is_refused(rivo: Call, event_type: str, url: str) -> None:
    assert register(rivo, event_type, url) == 422


def test_a_registration_is_listed_and_taken_away(rivo: Call, receiver: Receiver) -> None:
    register(rivo, "loyalty_profile/updated", receiver.url)
    hook = rivo("GET", "/webhooks").json()["data"][0]

    assert hook["attributes"]["url"] == receiver.url
    assert rivo("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert rivo("GET", "/webhooks").json()["data"] == []
