"""What a run does with the awards of a store, as its tasks call it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.awards import follow_up
from loyalty_desk.awards.queue import get_award, get_events, list_awards
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import PlatformOutageError
from loyalty_desk.tasks import awards as award_tasks
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.award_apply.applying import award, award_to, spoil
from tests.sql.test_awards import queue, request

BACKLOG = 100
SETTINGS = {"platform": "rivo", "awards": {"ticket_note": True}}


@pytest.fixture(autouse=True)
def installed(
    sandbox: Sandbox,
    staging_url: str,
    tmp_path: Path,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
    at_speed: None,
) -> Iterator[None]:
    """An installation with one store, whose services are the sandbox."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: SETTINGS}}), encoding="utf-8")
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    gorgias = sandbox.gorgias
    set_connection(f"rivo_{STORE}", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    set_connection(
        f"gorgias_{STORE}", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    forget_settings()
    yield
    forget_settings()


def test_a_run_in_an_outage_asks_and_rejects_all_the_same_and_ends_as_failed(
    staging: Engine, sandbox: Sandbox
) -> None:
    due = award(staging, email="mira@shop.example")
    above = {"approval_above_points": 100}
    waits = queue(staging, request("150", idempotency_key="w"), utc_now(), **above).award_id
    long_ago = utc_now() - timedelta(days=3)
    late = queue(staging, request("151", idempotency_key="l"), long_ago, **above).award_id
    spoil(sandbox, "status", status=503, method="GET", count=100)

    to_ask, outage = award_tasks.apply_and_ask(STORE, "run")

    with staging.connect() as connection:
        states = [get_award(connection, STORE, one).state for one in (due, waits, late)]
    assert states == ["queued", "needs_approval", "rejected"]
    assert to_ask == [waits]
    with pytest.raises(PlatformOutageError, match="Rivo gave no usable answer"):
        award_tasks.raise_outage(outage)


@pytest.fixture
def silent_gorgias(set_connection: SetConnection) -> Iterator[socket.socket]:
    """A Gorgias that takes every connection and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)) as listening:
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        set_connection(f"gorgias_{STORE}", host=url, login="a@shop.example", password="key")
        yield listening


def callers(silent: socket.socket) -> int:
    """How many connections it was asked for."""
    silent.setblocking(False)
    with ExitStack() as calls:
        for count in range(BACKLOG):
            try:
                calls.enter_context(silent.accept()[0])
            except BlockingIOError:
                return count
    return BACKLOG


def test_bookings_do_not_wait_for_a_gorgias_that_is_silent(
    staging: Engine, sandbox: Sandbox, silent_gorgias: socket.socket
) -> None:
    for name in ("one", "two", "three"):
        award_to(staging, sandbox, name, ticket_id=7)

    assert award_tasks.apply_awards(STORE) == {"applied": 3}
    assert callers(silent_gorgias) == 0, "nobody has come, so nothing could wait"


@pytest.fixture
def booked_in_silence(
    staging: Engine,
    sandbox: Sandbox,
    silent_gorgias: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three awards on tickets that are booked and not shown, and little patience with Gorgias."""
    for name in ("one", "two", "three"):
        award_to(staging, sandbox, name, ticket_id=7)
    award_tasks.apply_awards(STORE)
    monkeypatch.setattr(award_tasks, "SHOW_TIMEOUT_S", (1.0, 0.5))
    monkeypatch.setattr(follow_up, "SHOW_WITHIN_S", 1.0)


def test_a_silent_gorgias_ends_the_showing_at_the_first_award(
    staging: Engine, silent_gorgias: socket.socket, booked_in_silence: None
) -> None:
    assert award_tasks.show_awards(STORE) == 0

    assert callers(silent_gorgias) <= 2, "a second for an award, and half of one for each call"
    assert tries(staging) == details(staging).count("could not be noted on the ticket") == 1


def test_runs_that_waited_while_gorgias_was_silent_leave_the_cards_to_later_ones(
    staging: Engine, booked_in_silence: None
) -> None:
    before = award_tasks.staging_time()
    award_tasks.show_awards(STORE, before)
    after = award_tasks.staging_time()
    assert tries(staging) == 1

    for _ in range(3):
        award_tasks.show_awards(STORE, before)
    assert tries(staging) == 1

    award_tasks.show_awards(STORE, after)
    assert tries(staging) == 2


def tries(staging: Engine) -> int:
    """How often showing an award was begun."""
    return details(staging).count("read back")


def details(staging: Engine) -> list[str | None]:
    """What the audit says of all awards."""
    with staging.connect() as connection:
        return [
            event.detail
            for award in list_awards(connection, STORE)
            for event in get_events(connection, STORE, award.award_id)
        ]
