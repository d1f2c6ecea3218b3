"""`loyalty-desk serve`: the API without Airflow's web server, as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from loyalty_desk.__main__ import main
from loyalty_desk.connect.urls import AWARDS_PATH, LOOKUP_PATH, public_path
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.lookup_schema import lookups_not_found
from loyalty_desk.web.api import make_api
from loyalty_desk.web.bodies import MOST_S
from loyalty_desk.web.standalone import MOUNT, make_standalone
from scripts.served_api import ServedApi, running_api
from scripts.services import LOOPBACK
from tests.http.apart import Place, fill, looking_up
from tests.http.api_client import API, forget_settings, new_client
from tests.waiting import wait_until

SLOW = 200
GIVEN_UP_S = 120.0
"""When the test stops waiting; the server is to be much sooner."""
CLOSED_BY_THEN_S = 1.0
"""When a server that does not drain has closed its port."""


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    yield
    forget_settings()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return fill(tmp_path_factory.mktemp("apart"))


@pytest.fixture(scope="module")
def served(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with running_api(place.environment, log, "--access-log") as api:
        yield api


# --- the same paths as inside of Airflow -----------------------------------------------------


def test_it_has_the_addresses_that_connect_gave_and_no_page() -> None:
    paths = {f"{MOUNT}{one.path}" for one in make_api().routes if isinstance(one, APIRoute)}

    assert {LOOKUP_PATH, AWARDS_PATH, f"{API}/webhooks/{{platform}}/{{store_name}}"} <= paths
    assert all(path.startswith(f"{API}/") for path in paths)


def test_it_loads_nothing_of_airflows_web_server() -> None:
    code = (
        "import sys, loyalty_desk.web.server;"
        "print([name for name in sys.modules if name.partition('.')[0] == 'airflow'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", ["/ready", "/base/ready"], ids=["taken off", "left on"])
def test_a_proxy_may_take_the_path_before_ours_off_or_leave_it(
    path: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "https://shop.example/base/")
    forget_settings()
    app = ASGITransport(make_standalone(public_path()))

    async def ask(*paths: str) -> list[int]:
        async with AsyncClient(transport=app, base_url="http://localhost") as client:
            return [(await client.get(one)).status_code for one in paths]

    told = asyncio.run(ask(path, f"{path.removesuffix('/ready')}{API}/awards/x"))
    assert told == [200, 401], "it is ready, and the API wants a token"


def test_it_answers_whom_it_knows_and_says_how_it_is(served: ServedApi, place: Place) -> None:
    with new_client() as session:
        session.headers["Authorization"] = f"Bearer {place.lookup}"
        card = session.get(f"{served.url}{API}/lookup?email=mira@shop.example").json()
        lost = session.get(f"{served.url}/nowhere?email=mira@shop.example").status_code
        told = {path: session.get(f"{served.url}{path}").json() for path in ("/health", "/ready")}

    assert (card["points_balance"], card["source"]) == (820, "staged")
    assert told == {"/health": {"status": "alive"}, "/ready": {"status": "ready"}}
    assert lost == 404
    wait_until(lambda: "/nowhere" in served.log())
    assert f'"GET {API}/lookup HTTP/1.1" 200' in served.log()
    assert "mira" not in served.log()


# --- who is slow -----------------------------------------------------------------------------


def test_two_hundred_slow_bodies_end_in_time_and_cost_no_lookup(
    served: ServedApi, place: Place
) -> None:
    with looking_up(served.url, place.lookup) as lookups:
        ends = asyncio.run(_send_slowly(served.port, place))

    assert lookups.lost == {}
    assert lookups.answered["right"] >= 100
    # A machine that is busy may close the connection before it comes to say why.
    assert set(ends) == {"408", "401", "nothing"}
    assert ends.total() == SLOW + 30


async def _send_slowly(port: int, place: Place) -> Counter[str]:
    """How many connections ended with which answer: bodies, heads, what nobody waits for."""
    body = "Content-Type: application/json\r\nContent-Length: 1000\r\n"
    heads = {
        f"POST {API}/lookup HTTP/1.1\r\nAuthorization: Bearer {place.lookup}\r\n{body}\r\n{{": 80,
        f"POST {API}/awards HTTP/1.1\r\nAuthorization: Bearer {place.awards}\r\n{body}\r\n{{": 60,
        f"POST {API}/webhooks/rivo/acme HTTP/1.1\r\n{body}\r\n{{": 60,
        f"POST {API}/lookup HTTP/1.1\r\n{body}\r\n{{": 10,  # has its 401, and goes on sending
        f"GET {API}/lookup HTTP/1.1\r\nX-Slow: ": 10,
        "": 10,
    }
    slow = [_drip(port, head) for head, count in heads.items() for _ in range(count)]
    return Counter(await asyncio.gather(*slow))


async def _drip(port: int, head: str) -> str:
    """Send a byte now and then until the server ends it; what it had answered by then."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(head.replace("\r\n", "\r\nHost: localhost\r\n", 1).encode())
    answer = asyncio.ensure_future(reader.read())
    try:
        async with asyncio.timeout(GIVEN_UP_S):
            while not answer.done():
                await asyncio.wait([answer], timeout=MOST_S / 5)
                writer.write(b" " if head else b"")
            return (await answer)[9:12].decode() or "nothing"
    except ConnectionError:  # it was closed while a byte was under way
        return "nothing"
    finally:
        writer.transport.abort()


def test_whom_nobody_named_is_not_believed(served: ServedApi) -> None:
    with new_client() as session:
        session.get(f"{served.url}/not-there", headers={"X-Forwarded-For": "203.0.113.9"})

    wait_until(lambda: "/not-there" in served.log())
    assert "203.0.113.9" not in served.log()


def test_a_head_without_an_end_is_refused(served: ServedApi) -> None:
    with socket.create_connection((LOOPBACK, served.port), GIVEN_UP_S) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 65_536)
        assert client.recv(100).startswith(b"HTTP/1.1 400")


# --- how it ends -----------------------------------------------------------------------------


def test_it_says_so_before_it_ends_and_finishes_what_it_began(place: Place, tmp_path: Path) -> None:
    body = b'{"email": "mira@shop.example"}'
    head = (
        f"POST {API}/lookup HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {place.lookup}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    options = ("--drain", "3600", "--access-log", "--proxy", "127.0.0.0/8")
    with (
        running_api(place.environment, tmp_path / "log", *options) as api,
        new_client() as session,
    ):
        api.process.send_signal(signal.SIGTERM)
        wait_until(lambda: session.get(f"{api.url}/ready").status_code == 503)
        told = session.get(f"{api.url}{API}/ready", headers={"X-Forwarded-For": "203.0.113.9"})
        assert (told.json()["because"], told.headers["Connection"]) == ("leaving", "close")
        time.sleep(CLOSED_BY_THEN_S)  # the time itself: it serves on, and does not just end slowly
        assert session.get(f"{api.url}/health").status_code == 200
        with socket.create_connection((LOOPBACK, api.port), GIVEN_UP_S) as under_way:
            under_way.sendall(head.encode() + body[:5])
            assert session.get(f"{api.url}/health").status_code == 200, "it has begun by now"

            api.process.send_signal(signal.SIGTERM)  # ends now, and not in an hour
            wait_until(lambda: not _accepts(api.port))
            under_way.sendall(body[5:])
            answer = b"".join(iter(lambda: under_way.recv(65_536), b""))

        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"points_balance":820' in answer
        assert api.process.wait(GIVEN_UP_S) == 0
        assert "203.0.113.9" in api.log(), "a proxy that is named is believed"


def test_a_signal_right_after_it_says_it_serves_ends_it_in_order(place: Place) -> None:
    command = [sys.executable, "-m", "loyalty_desk", "serve", "--port", "0", "--drain", "0"]
    environment = {**os.environ, **place.environment}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = next(line for line in process.stdout if "serving the API" in line)
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert (process.returncode, "ended" in rest) == (0, True), said + rest


def test_it_ends_when_what_it_answered_is_kept(place: Place, tmp_path: Path) -> None:
    staging = open_engine(place.environment["LOYALTY_DESK_STAGING_URL"])
    with running_api(place.environment, tmp_path / "log", "--drain", "0") as api:
        with staging.begin(), new_client() as session:  # as a sync holds the file
            session.headers["Authorization"] = f"Bearer {place.lookup}"
            form = {"email": "nobody@shop.example", "ticket_id": 4711}
            assert session.post(f"{api.url}{API}/lookup", data=form, timeout=GIVEN_UP_S).ok
            api.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not _accepts(api.port))
            assert api.process.poll() is None
        assert api.process.wait(GIVEN_UP_S) == 0

    with reading(staging) as connection:
        noted = connection.execute(select(lookups_not_found.c.ticket_id)).scalars().all()
    staging.dispose()
    assert noted == [4711]


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), GIVEN_UP_S).close()
    except OSError:
        return False
    return True


# --- what is wrong, in one line --------------------------------------------------------------


def test_a_busy_port_and_missing_tables_are_named_in_one_line(
    served: ServedApi,
    place: Place,
    empty_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    assert main(["serve", "--port", str(served.port)]) == 1
    busy = capsys.readouterr().err
    assert main(["serve", "--host", "192.0.2.1"]) == 1
    elsewhere = capsys.readouterr().err
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", empty_url)
    forget_settings()
    assert main(["serve"]) == 1
    empty = capsys.readouterr().err

    why = "another program has the port; end it, or choose another by --port"
    where = f"cannot listen on 127.0.0.1, port {served.port}"
    assert busy.splitlines() == [f"loyalty_desk: {where}: {why}"]
    assert "--host is no address of this machine" in elsewhere
    assert "has no tables; run `python -m loyalty_desk migrate`" in empty
    assert len(empty.splitlines()) == 1
