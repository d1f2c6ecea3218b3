"""Webhooks of the Rivo stand-in: what is delivered, and that it is signed."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sandbox.rivo.hooks import SIGNATURE, sign
from sandbox.running import Sandbox
from tests.sandbox.calls import Call, members_of

PATIENCE_S = 5.0


class Listener:
    """An HTTP server that keeps what it is sent, and answers with the statuses it is given."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.statuses: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.received.append((self.headers[SIGNATURE], body))
                self.send_response(listener.statuses.pop(0) if listener.statuses else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + PATIENCE_S
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return [json.loads(body) for _, body in self.received]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    threading.Thread(target=listening.server.serve_forever, daemon=True).start()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


def register(rivo: Call, event_type: str, url: str) -> int:
    return rivo("POST", "/webhooks", data={"event_type": event_type, "url": url}).status_code


def test_a_booked_event_is_delivered_flat_and_signed(
    rivo: Call, sandbox: Sandbox, listener: Listener
) -> None:
    assert register(rivo, "points_event/created", listener.url) == 201
    member = members_of(sandbox, limit=1)[0]
    form = {"customer_identifier": member["id"], "source": "manual", "points_amount": -4}
    booked = rivo("POST", "/points_events", data=form).json()["data"]

    event = listener.wait_for(1)[0]

    assert (event["id"], event["points_amount"], event["points_diff"]) == (booked["id"], 4, -4)
    assert event["customer"]["id"] == member["id"]
    signature, body = listener.received[0]
    assert signature == sign(body, sandbox.rivo["webhook_secret"])


def test_a_changed_profile_is_delivered_as_a_snapshot(
    rivo: Call, sandbox: Sandbox, listener: Listener
) -> None:
    register(rivo, "loyalty_profile/updated", listener.url)
    member_ids = sandbox.control("rivo", "POST", "tick", {"members": 3, "seed": 1})["member_ids"]

    snapshots = listener.wait_for(3)

    assert {one["id"] for one in snapshots} == set(member_ids)
    assert all(one["event_type"] == "loyalty_profile/updated" for one in snapshots)
    assert all("remote_updated_at" in one and "points_tally" in one for one in snapshots)


def test_a_delivery_is_tried_again_until_it_is_taken(
    rivo: Call, sandbox: Sandbox, listener: Listener
) -> None:
    listener.statuses = [500]
    register(rivo, "loyalty_profile/updated", listener.url)
    sandbox.control("rivo", "POST", "tick", {"members": 1})

    first, second = listener.wait_for(2)

    assert first == second


@pytest.mark.parametrize(
    ("event_type", "url"),
    [("loyalty_profile/updated", "http://shop.example/hook"), ("unknown", "http://127.0.0.1:9/")],
    ids=["not on this machine", "unknown type"],
)
def test_a_bad_registration_is_refused(rivo: Call, event_type: str, url: str) -> None:
    assert register(rivo, event_type, url) == 422


def test_a_registration_is_listed_and_taken_away(rivo: Call, listener: Listener) -> None:
    register(rivo, "loyalty_profile/updated", listener.url)
    hook = rivo("GET", "/webhooks").json()["data"][0]

    assert hook["attributes"]["url"] == listener.url
    assert rivo("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert rivo("GET", "/webhooks").json()["data"] == []
