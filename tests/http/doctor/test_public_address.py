"""Where the public address leads to, and clocks that are apart, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.doctor.finding import Severity
from loyalty_desk.staging.engine import migrate, open_engine
from loyalty_desk.staging.installed import staging_engine
from sandbox.running import Sandbox
from tests.clocks import staging_clock
from tests.conftest import SetConnection
from tests.http.api_client import API, forget_settings, new_client, serving
from tests.http.doctor.conftest import Installed
from tests.scripted import Reply, ScriptedServer
from tests.tried import nobody, somebody_else


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def served(connected: Installed, staging_url: str, server: str) -> Installed:
    """An installation that is served at its public address."""
    forget_settings()
    connected.set(staging_url=staging_url, public_url=server)
    return connected


def test_an_address_that_leads_to_us_is_fine(served: Installed, server: str) -> None:
    found = served.look_once("public address")

    assert (found.severity, found.what) == (
        Severity.FINE,
        f"{server} leads to this installation",
    )


def test_another_loyalty_desk_is_not_taken_for_this_one(served: Installed, server: str) -> None:
    staging_engine()  # what is served goes on with this database
    url = f"sqlite:///{served.folder / 'own.db'}"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    served.set(staging_url=url)

    found = served.look_once("public address")

    assert found.severity is Severity.ERROR
    assert f"{server} leads to another Loyalty Desk" in found.what


def test_without_a_database_nobody_says_that_it_is_ours(served: Installed) -> None:
    staging_engine()
    served.set(staging_url=f"postgresql://desk:secret@{nobody()}/desk")

    found = served.look_once("public address")

    assert found.severity is Severity.NOT_CHECKED
    assert "leads to a Loyalty Desk" in found.what


def test_nobody_else_is_told_anything(served: Installed, server: str) -> None:
    with new_client() as session:
        for headers in ({}, {"Loyalty-Desk-Nonce": ""}, {"Loyalty-Desk-Nonce": "é" * 9}):
            answer = session.get(
                f"{server}{API}/identity",
                headers={name: value.encode() for name, value in headers.items()},
                timeout=30,
            )
            assert answer.json() == {"is_ours": False}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (200, "leads to something else than Loyalty Desk"),
        (302, "leads elsewhere (302), as a log-in does"),
        (401, "asks for a log-in (401)"),
        (404, "knows no Loyalty Desk (404)"),
        (502, "cannot serve now (502)"),
    ],
)
def test_whatever_else_stands_there_is_named(served: Installed, status: int, told: str) -> None:
    with somebody_else(status) as place:
        served.set(public_url=f"http://{place}")
        found = served.look_once("public address")

    assert found.severity is Severity.ERROR
    assert told in found.what


def test_the_host_that_a_log_in_is_at_is_named_and_no_more(served: Installed) -> None:
    with ScriptedServer() as place:
        place.will(*[Reply(302, headers={"Location": "https://sso.shop.example/in?next=x"})] * 2)
        served.set(public_url=place.url)
        found = served.look_once("public address")

    assert "leads to sso.shop.example (302), as a log-in does" in found.what
    assert "next" not in found.what


def test_an_address_where_nobody_answers_is_named(served: Installed) -> None:
    served.set(public_url=f"http://{nobody()}")

    found = served.look_once("public address")

    assert found.severity is Severity.ERROR
    assert "from here nobody reaches http://127.0.0.1" in found.what
    assert found.in_compose == ("docker compose exec api-server python -m loyalty_desk doctor",)


def test_an_address_that_sends_tokens_in_clear_is_named(served: Installed) -> None:
    served.set(public_url="http://desk.shop.example")

    found = served.look_once("public address")

    assert found.severity is Severity.ERROR
    assert "tokens would go in clear" in found.what


def test_an_address_of_this_machine_is_none_for_the_real_gorgias(
    served: Installed, set_connection: SetConnection
) -> None:
    key = {"login": "agent@shop.example", "password": "key"}
    set_connection("gorgias_acme", conn_type="gorgias", host="my-shop", **key)

    leads, reaches = served.look("public address")

    assert (leads.severity, reaches.severity) == (Severity.FINE, Severity.WARNING)
    assert "Gorgias cannot reach it" in reaches.what


def test_no_address_at_all_is_worth_a_look(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")

    assert installed.look_once("public address").severity is Severity.WARNING


def test_clocks_that_agree_are_fine(served: Installed) -> None:
    found = served.look_once("clock")

    assert found.severity is Severity.FINE
    assert found.what == (
        "it agrees with the database, gorgias_acme, rivo_acme, the public address"
    )


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-60, "clock is 60 s ahead of that of the database"), (60, "60 s behind that of the data")],
)
def test_a_minute_off_the_databases_clock_is_named(
    served: Installed, staging: Engine, seconds: int, told: str
) -> None:
    # A loaded machine may take a second or two to ask.
    with staging_clock(staging, utc_now() + timedelta(seconds=seconds)):
        staging_engine()
        found = served.look("clock")[0]

    assert found.severity is Severity.ERROR
    assert told.partition("60 s ")[2] in found.what


@contextmanager
def somebody_ahead(seconds: int) -> Iterator[str]:
    """A server whose clock is ahead of ours."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(utc_now() + timedelta(seconds=seconds), usegmt=True)

        def log_message(self, *told: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_minute_off_a_services_clock_is_named_though_it_lets_nobody_in(
    served: Installed, sandbox: Sandbox, set_connection: SetConnection
) -> None:
    with somebody_ahead(60) as url:
        set_connection("rivo_acme", conn_type="rivo", host=url, password="key")
        served.set(public_url=url)
        found = served.look("clock")

    assert [one.severity for one in found] == [Severity.ERROR] * 2
    rivo, address = (one.what for one in found)
    assert "behind that of rivo_acme" in rivo
    assert "behind that of the public address" in address


def test_where_nobody_tells_the_time_nothing_is_said_to_be_fine(installed: Installed) -> None:
    installed.set(public_url=f"http://{nobody()}")

    assert installed.look_once("clock").severity is Severity.NOT_CHECKED


def test_the_number_that_was_written_is_taken_back(served: Installed) -> None:
    served.look("public address")

    with staging_engine().connect() as connection:
        left = connection.exec_driver_sql("SELECT COUNT(*) FROM store_state").scalar_one()
    assert left == 0
