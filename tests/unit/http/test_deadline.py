"""Calls with a deadline against local servers: past it nothing is sent, however it is reached."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import requests

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.pacing import OpenGate
from loyalty_desk.http.transport import Transport
from tests.scripted import Reply, ScriptedServer, as_json

WITHIN_S = 0.5
LATE_S = 4.0
"""What a busy machine may make of that; without the deadline each of these calls takes longer."""
REAL = socket.getaddrinfo
NAMES: dict[str, str] = {}


def _resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
    found = REAL(NAMES.get(host, host), *args, **kwargs)
    return found * 100 if host in NAMES else found


def make(url: str, **values: Any) -> Transport:
    given = {"gate": OpenGate(), "conn_id": "rivo_acme", "timeout": (5.0, 0.4), **values}
    return Transport(requests.Session(), url, "Rivo", **given)


def post(transport: Transport, within_s: float = WITHIN_S) -> tuple[ApiUnavailableError, float]:
    """Post within the time; returns the failure, and after how many seconds it came."""
    started_s = time.monotonic()
    with (
        pytest.raises(ApiUnavailableError) as failure,
        transport.until(Deadline.after(within_s)),
    ):
        transport.send("POST", "/points_events", form={"points_amount": "5"})
    return failure.value, time.monotonic() - started_s


def test_what_is_in_time_is_sent_as_ever(server: ScriptedServer) -> None:
    server.will(Reply(429, headers={"Retry-After": "0.1"}), Reply(201, as_json({"id": 1})))
    transport = make(server.url)

    with transport.until(Deadline.after(5)):
        assert transport.send("POST", "/points_events", form={"a": "1"}).body == {"id": 1}
    assert len(server.seen) == 2


def test_the_time_is_over_with_the_block_it_is_for(server: ScriptedServer) -> None:
    server.will(Reply(201))
    transport = make(server.url)

    with transport.until(Deadline.after(0)):
        pass
    assert transport.send("POST", "/points_events").status == 201


def test_slow_refusals_that_last_are_not_tried_past_the_deadline(server: ScriptedServer) -> None:
    server.will(*[Reply(429, headers={"Retry-After": "0.05"}, delay_s=0.2)] * 100)

    error, took_s = post(make(server.url, max_wait_s=1000.0))
    seen = len(server.seen)
    time.sleep(0.4)  # nothing may come any more

    assert not error.may_have_arrived
    assert took_s < LATE_S
    assert 1 <= seen == len(server.seen) <= 3


def test_a_wait_in_the_gate_past_the_deadline_sends_nothing(server: ScriptedServer) -> None:
    class SlowGate(OpenGate):
        def enter(self) -> None:
            time.sleep(0.3)  # what the gate takes

    error, _ = post(make(server.url, gate=SlowGate()), within_s=0.2)

    assert not error.may_have_arrived
    assert server.seen == []


@pytest.fixture
def blackhole() -> Iterator[int]:
    """A port that takes no more connections: each waits for its time limit."""
    with closing(socket.socket()) as listening:
        listening.bind(("0.0.0.0", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)  # until the kernel has filled the queue
        yield port
        for one in waiting:
            one.close()


def test_the_addresses_of_a_host_share_the_time(
    blackhole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, "many.test", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", _resolve)

    error, took_s = post(make(f"http://many.test:{blackhole}", timeout=(0.2, 0.4)))

    assert not error.may_have_arrived
    assert took_s < LATE_S


class Raw:
    """A server of bare sockets: `serve` gets each connection."""

    def __init__(self, serve: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.https_url = self.url.replace("http", "https")
        self._thread = threading.Thread(target=self._run, args=(serve,), daemon=True)
        self._thread.start()

    def _run(self, serve: Any) -> None:
        connection, _ = self._socket.accept()
        with closing(connection):
            serve(connection)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._socket.close()


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 201 OK\r\n\r\n{"], ids=["head", "body"])
def test_an_answer_that_drips_ends(start: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(start)
        for _ in range(200):
            try:
                connection.sendall(b"x")
            except OSError:
                return
            time.sleep(0.1)  # the pace of the drip

    with Raw(drip) as server:
        error, took_s = post(make(server.url))

    assert error.may_have_arrived
    assert took_s < LATE_S


def test_a_handshake_that_takes_past_the_deadline_sends_nothing() -> None:
    def keep(connection: socket.socket) -> None:
        connection.settimeout(2 * LATE_S)
        with suppress(OSError):
            while connection.recv(10_000):
                """Until who called hangs up."""

    with Raw(keep) as server:
        error, took_s = post(make(server.https_url, timeout=(2 * LATE_S, 0.4)))

    assert not error.may_have_arrived, "the request itself comes after the handshake"
    assert took_s < LATE_S


def test_a_connection_given_up_is_cut_so_that_nothing_of_it_is_sent_later() -> None:
    """Else the kernel goes on to send what it holds, for minutes and behind our back."""
    ends: list[str] = []

    def listen(connection: socket.socket) -> None:
        try:
            while connection.recv(10_000):
                pass
            ends.append("closed")
        except ConnectionResetError:
            ends.append("cut")

    with Raw(listen) as server:
        error, _ = post(make(server.url))

    assert error.may_have_arrived
    assert ends == ["cut"]
