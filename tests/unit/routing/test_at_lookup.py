"""A ticket is routed beside the answer: what Gorgias does keeps no lookup waiting."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.routing import at_lookup
from loyalty_desk.routing.at_lookup import LookedUpTicket, route_soon
from loyalty_desk.routing.steps import Seen
from tests.factories import store_settings
from tests.forget import forget_lookups
from tests.waiting import wait_until

STORE = store_settings(routing={"rules": [{"tiers": ["Gold"]}]})
TICKET = LookedUpTicket(ticket_id=7, customer_id=1, seen=Seen(), status="open")
GOLD = {"tier": "Gold"}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Gorgias answers nothing until the event is set, and then that it is away."""
    over = Event()

    def find(*_: Any) -> None:
        over.wait(30)
        raise ApiUnavailableError("away")

    monkeypatch.setattr(at_lookup, "staging_engine", lambda: None)
    monkeypatch.setattr(at_lookup, "_find_ticket", find)
    monkeypatch.setattr(at_lookup, "MOST_WAITING", 2)
    yield over
    over.set()
    forget_lookups()


def test_nobody_waits_for_gorgias_and_what_is_too_much_is_left_to_the_sync(
    away: Event, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        route_soon(STORE, TICKET, GOLD)

    assert caplog.text.count("is left to the next sync to route") == 1
    away.set()
    wait_until(lambda: caplog.text.count("ticket 7 is left to a sync") == 2, 10)


@pytest.mark.parametrize(
    ("store", "card"), [(store_settings(), GOLD), (STORE, None), (STORE, {"tier": "Silver"})]
)
def test_without_a_rule_that_fits_nothing_is_begun(store: Any, card: Any) -> None:
    route_soon(store, TICKET, card)

    assert at_lookup._OPEN == []


@pytest.mark.parametrize(
    ("fields", "seen", "status"),
    [
        (
            {"ticket_id": "7", "ticket_priority": "high", "ticket_status": "closed"},
            Seen(priority="high"),
            "closed",
        ),
        ({"ticket_id": "7", "ticket_priority": " ", "ticket_status": ""}, Seen(), None),
        ({"ticket_id": "7"}, Seen(), None),
        (
            {"ticket": {"tags": [{"name": "vip"}], "priority": "low", "status": "open"}},
            Seen(tags=("vip",), priority="low"),
            "open",
        ),
        (
            {"id": 7, "tags": [], "priority": "normal", "status": "open"},
            Seen(tags=(), priority="normal"),
            "open",
        ),
    ],
)
def test_a_call_tells_what_stands_on_the_ticket_or_does_not(
    fields: dict[str, Any], seen: Seen, status: str | None
) -> None:
    found = LookedUpTicket.of(fields, 7, 1)

    assert (found.seen, found.status) == (seen, status)
