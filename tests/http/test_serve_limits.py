"""`loyalty-desk serve` with more to do than it takes on at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from scripts.served_api import ServedApi, running_api
from scripts.services import LOOPBACK
from tests.http.apart import Place, fill
from tests.http.api_client import API, new_client
from tests.waiting import wait_until


@contextmanager
def one_under_way(api: ServedApi, place: Place) -> Iterator[None]:
    """A request whose body is waited for, as far as its sender knows."""
    head = (
        f"POST {API}/lookup HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {place.lookup}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    with socket.create_connection((LOOPBACK, api.port)) as client:
        client.sendall(head.encode())
        yield


def test_who_comes_beyond_is_refused_unseen_and_health_goes_on(tmp_path: Path) -> None:
    place = fill(tmp_path)
    lookup = f"{API}/lookup?email=mira@shop.example"
    options = ("--connections", "1", "--access-log")
    with running_api(place.environment, tmp_path / "log", *options) as api, new_client() as session:
        session.headers["Authorization"] = f"Bearer {place.lookup}"

        def ask(path: str) -> tuple[int, str | None]:
            try:
                answer = session.get(f"{api.url}{path}")
            except requests.ConnectionError:  # the server has not seen yet that another is closed
                return 0, None
            return answer.status_code, answer.headers.get("Retry-After")

        def ask_meanwhile() -> list[tuple[int, str | None]]:
            with one_under_way(api, place):
                return [ask(lookup), ask("/health")]

        assert ask(lookup) == (200, None), "it is the one that may come"
        wait_until(lambda: ask_meanwhile() == [(503, "5"), (200, None)])
        wait_until(lambda: ask(lookup) == (200, None))

        refused = f'"GET {API}/lookup HTTP/1.1" 503'
        wait_until(lambda: refused in api.log())
        assert "mira" not in api.log()


def test_a_flood_of_idle_connections_keeps_nobody_out(tmp_path: Path) -> None:
    place = fill(tmp_path)
    with (
        running_api(place.environment, tmp_path / "log", "--connections", "2") as api,
        ExitStack() as stack,
    ):

        def idle() -> socket.socket:
            return stack.enter_context(socket.create_connection((LOOPBACK, api.port)))

        def ask(path: str) -> requests.Response:
            # By a connection of its own: one that was kept gives place to the flood as well.
            with new_client() as session:
                session.headers["Authorization"] = f"Bearer {place.lookup}"
                return session.get(f"{api.url}{path}")

        flood = [idle() for _ in range(20)]
        assert ask("/health").ok
        flood += [idle() for _ in range(20)]
        answer = ask(f"{API}/lookup?email=mira@shop.example")

        assert answer.json()["points_balance"] == 820
        flood[0].settimeout(20)
        assert flood[0].recv(1) == b"", "it is closed"
