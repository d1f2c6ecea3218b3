"""The transport against a local server that misbehaves; waits are recorded, not slept."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import pytest

from loyalty_desk.errors import (
    ApiError,
    ApiUnavailableError,
    BadConnectionError,
    LoyaltyDeskError,
    MovedError,
    NotFoundError,
)
from loyalty_desk.http.transport import MOST_ATTEMPTS, Transport
from tests.scripted import Reply, ScriptedServer, as_json
from tests.unit.http.recording import EMAIL, SECRET, RecordingGate, make

TOO_SLOW = Reply(delay_s=4)
"""For who waits `IMPATIENT` alone: a busy machine may take a second for any answer."""


def test_a_get_returns_the_json_body(transport: Transport, server: ScriptedServer) -> None:
    server.will(Reply(body=as_json({"id": 5})))

    assert transport.get_json("/api/customers/5", {"a": "b c"}) == {"id": 5}
    assert server.seen[0].path == "/api/customers/5?a=b+c"
    assert server.seen[0].headers["accept"] == "application/json"
    assert server.seen[0].headers["user-agent"].startswith("loyalty-desk")


def test_an_empty_body_is_fine_for_a_write(transport: Transport, server: ScriptedServer) -> None:
    server.will(Reply(202, b""), Reply(204, b""))

    assert transport.send("PUT", "/a", json={"x": 1}).body is None
    assert transport.send("DELETE", "/a").body is None


def test_a_form_is_sent_as_a_form(transport: Transport, server: ScriptedServer) -> None:
    server.will(Reply(201))

    transport.send("POST", "/points_events", form={"points_amount": "-5"})

    assert server.seen[0].body == b"points_amount=-5"
    assert server.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500),
        Reply(503, headers={"Retry-After": "nonsense"}),
        Reply(drop=True),
        TOO_SLOW,
        Reply(200, b"<html><body>Bad gateway</body></html>"),
        Reply(200, b'{"data": [{"id": 1}, {"id'),
        Reply(200, b'{"data": []}', length=500),
        Reply(200, b""),
    ],
    ids=["500", "503", "dropped", "slow", "html", "truncated", "broken_off", "empty"],
)
def test_a_get_is_tried_again(
    transport: Transport, server: ScriptedServer, waits: list[float], bad: Reply
) -> None:
    server.will(bad, bad, Reply(body=as_json({"id": 1})))

    assert transport.get_json("/api/customers/1") == {"id": 1}
    assert len(waits) == 2
    assert transport.counts.requests == 3


def test_attempts_end(transport: Transport, server: ScriptedServer, waits: list[float]) -> None:
    server.will(*[Reply(502)] * MOST_ATTEMPTS)

    with pytest.raises(ApiUnavailableError, match=r"GET /api/tickets .502; .*'gorgias_acme'"):
        transport.get_json("/api/tickets")
    assert len(server.seen) == MOST_ATTEMPTS
    assert waits == sorted(waits)
    assert 8 < sum(waits) < 40


@pytest.mark.parametrize(
    "bad",
    [Reply(500), Reply(drop=True), TOO_SLOW, Reply(201, b"<html>")],
    ids=["500", "dropped", "slow", "html"],
)
def test_a_post_with_an_unclear_end_is_not_repeated(
    transport: Transport, server: ScriptedServer, bad: Reply
) -> None:
    server.will(bad)

    with pytest.raises(ApiUnavailableError) as caught:
        transport.send("POST", "/points_events", form={"a": "b"})
    assert caught.value.may_have_arrived
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("earlier", "arrived"),
    [(Reply(429), False), (Reply(500), True), (Reply(drop=True), True), (Reply(200, b"<"), True)],
    ids=["429", "500", "dropped", "html"],
)
def test_giving_up_after_429_tells_whether_an_earlier_attempt_may_have_arrived(
    transport: Transport,
    server: ScriptedServer,
    earlier: Reply,
    arrived: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    server.will(earlier, Reply(429, headers={"Retry-After": "4000"}))

    with pytest.raises(ApiUnavailableError, match="429") as caught:
        transport.send("POST", "/search", json={}, retry=True)
    assert caught.value.may_have_arrived is arrived


def test_a_post_is_repeated_after_429(transport: Transport, server: ScriptedServer) -> None:
    server.will(Reply(429, headers={"Retry-After": "1"}), Reply(201))

    transport.send("POST", "/points_events", form={"a": "b"})

    assert len(server.seen) == 2


def test_a_post_is_repeated_when_the_connection_was_refused(
    gate: RecordingGate, waits: list[float]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    transport = make(f"http://127.0.0.1:{port}", gate, waits)

    with pytest.raises(ApiUnavailableError, match="the connection was refused") as caught:
        transport.send("POST", "/a", json={})
    assert not caught.value.may_have_arrived
    assert len(waits) == MOST_ATTEMPTS - 1


def test_a_post_is_repeated_when_told(transport: Transport, server: ScriptedServer) -> None:
    server.will(Reply(500), Reply(200))

    transport.send("POST", "/search", json={}, retry=True)

    assert len(server.seen) == 2


def test_429_waits_as_long_as_asked(
    transport: Transport, server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    server.will(Reply(429, headers={"retry-after": "7"}), Reply())

    transport.get_json("/a")

    assert waits == gate.refusals == [7.0]
    assert transport.counts.rate_limited == 1
    assert gate.entered == 2


@pytest.mark.parametrize("value", [None, "0", "-3", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_429_without_a_usable_wait_backs_off(
    transport: Transport, server: ScriptedServer, waits: list[float], value: str | None
) -> None:
    header = {} if value is None else {"Retry-After": value}
    server.will(*[Reply(429, headers=header)] * 4, Reply())

    transport.get_json("/a")

    assert waits == sorted(waits)
    assert 0.5 <= waits[0] <= 1 < waits[-1] <= 8


def test_429_that_asks_for_more_than_one_call_may_wait_gives_up_at_once(
    transport: Transport, server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    server.will(Reply(429, headers={"Retry-After": "3000"}))

    with pytest.raises(ApiUnavailableError, match="429"):
        transport.get_json("/a")
    assert waits == []
    assert gate.refusals == [3000.0]


def test_429_for_ever_is_bounded_by_the_total_wait(
    server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    server.will(*[Reply(429, headers={"Retry-After": "10"})] * 50)

    with pytest.raises(ApiUnavailableError):
        make(server.url, gate, waits, max_wait_s=60.0).get_json("/a")
    assert sum(waits) == 60


def test_every_wait_is_divided_by_the_speed(
    server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    server.will(Reply(429, headers={"Retry-After": "10"}), Reply(500), Reply())

    make(server.url, gate, waits, speed=20.0).get_json("/a")

    assert waits[0] == gate.refusals[0] == 0.5
    assert waits[1] < 0.03


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ApiError), (404, NotFoundError), (409, ApiError), (301, MovedError), (302, ApiError)],
)
def test_a_refusal_is_named_and_not_repeated(
    transport: Transport, server: ScriptedServer, status: int, error: type[ApiError]
) -> None:
    server.will(Reply(status, b"<html>no</html>", headers={"Location": server.url + "/elsewhere"}))

    with pytest.raises(error) as caught:
        transport.send("PUT", "/api/customers/7/data", json={})
    assert type(caught.value) is error
    assert caught.value.status == status
    assert caught.value.path == "/api/customers/7/data"
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_name_the_connection(
    transport: Transport, server: ScriptedServer, status: int
) -> None:
    server.will(Reply(status))

    with pytest.raises(BadConnectionError, match="'gorgias_acme'"):
        transport.get_json("/api/account")
    assert len(server.seen) == 1


def test_credentials_are_renewed_once(
    server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    renewals: list[str] = []

    class Renewer:
        def renew(self, refused: str) -> bool:
            renewals.append(refused)
            return len(renewals) < 3

    transport = make(server.url, gate, waits, renewer=Renewer())
    server.will(Reply(401), Reply(), Reply(401), Reply(401), Reply(401))

    transport.get_json("/a")
    for _ in ("refused again", "there are no others"):
        with pytest.raises(BadConnectionError):
            transport.get_json("/a")
    assert [refused.split()[0] for refused in renewals] == ["Basic"] * 3
    assert len(server.seen) == 5


def test_an_unknown_host_is_unavailable_and_names_the_connection(
    gate: RecordingGate, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ApiUnavailableError, match=r"cannot be resolved.*'gorgias_acme'"):
        make("http://no-such-host.invalid", gate, waits).get_json("/a")


def test_bad_tls_is_unavailable(
    server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    with pytest.raises(ApiUnavailableError, match="TLS"):
        make(server.url.replace("http:", "https:"), gate, waits).get_json("/a")


def test_an_unusable_address_is_a_bad_connection(gate: RecordingGate, waits: list[float]) -> None:
    with pytest.raises(BadConnectionError, match="'gorgias_acme'"):
        make("http://[broken", gate, waits).get_json("/a")
    assert waits == []


def test_half_a_surrogate_pair_does_not_spoil_a_page(
    transport: Transport, server: ScriptedServer
) -> None:
    server.will(Reply(body=b'{"name": "Mira \\ud83d", "other": "\\ud83d\\ude00"}'))

    assert transport.get_json("/a") == {"name": "Mira ?", "other": "\U0001f600"}


def test_threads_share_the_counts_and_not_the_session(
    transport: Transport, server: ScriptedServer
) -> None:
    server.will(*[Reply()] * 40)
    threads = [
        threading.Thread(target=lambda: [transport.get_json("/a") for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert transport.counts.requests == 40
    assert transport.counts.by_method == {"GET": 40}


def test_cookies_are_not_kept(transport: Transport, server: ScriptedServer) -> None:
    server.will(Reply(headers={"Set-Cookie": "session=1"}), Reply())

    transport.get_json("/a")
    transport.get_json("/a")

    assert "cookie" not in server.seen[1].headers


def test_nothing_logged_or_raised_holds_a_secret_an_email_or_a_body(
    transport: Transport, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = as_json({"error": {"msg": f"{EMAIL} is taken"}})
    replies = [Reply(500, body), Reply(drop=True), Reply(429, body), Reply(200, b"{" + body)]
    messages = []
    for end in [Reply(400, body), Reply(401, body), Reply(404, body), Reply(301, body)]:
        server.will(*replies, end)
        with pytest.raises(LoyaltyDeskError) as caught:
            transport.get_json(f"/customers/{EMAIL}", {"email": EMAIL})
        assert caught.value.__context__ is None
        messages.append(str(caught.value))
    server.will(Reply(500, body))
    with pytest.raises(ApiUnavailableError) as unclear:
        transport.send("POST", "/customers/mira%40shop.example/x", json={"email": EMAIL})

    told = "\n".join([*messages, str(unclear.value), caplog.text])
    assert "/customers/{customer_identifier}" in told
    for hidden in ("mira", SECRET, "is taken", "email=", "Authorization", "Basic"):
        assert hidden not in told
