"""What is asked for one ticket: the priority alone, and who answered first."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.clock import parse_utc
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.reading import read_ticket
from loyalty_desk.gorgias.tickets import find_first_answer, set_priority
from tests.scripted import ScriptedTransport

ROW = {
    "id": 7,
    "customer": {"id": 1},
    "status": "open",
    "updated_datetime": "2026-03-02T09:30:00",
    "created_datetime": "2026-03-02T09:00:00.5+00:00",
    "priority": "high",
    "channel": "email",
    "tags": [{"id": 2, "name": "vip"}, {"id": 1, "name": "billing"}],
}


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport()


def client(api: ScriptedTransport) -> GorgiasClient:
    return GorgiasClient(api, card_key="loyalty", app_id=None)


def message(minute: int, **values: Any) -> dict[str, Any]:
    at = f"2026-03-02T09:{minute:02}:00+00:00"
    said = {"channel": "email", "public": True, "from_agent": True, "created_datetime": at}
    return {**said, **values}


def test_the_priority_is_set_and_nothing_that_a_body_would_replace(api: ScriptedTransport) -> None:
    api.will_answer({})

    set_priority(client(api), 7, "high")

    assert api.calls == [("PUT", "/api/tickets/7")]
    assert api.bodies == [{"priority": "high"}]


def test_the_first_answer_is_the_first_word_of_the_helpdesk_to_the_customer(
    api: ScriptedTransport,
) -> None:
    rows = [
        message(0, from_agent=False),
        message(1, channel="internal-note"),
        message(2, public=False),
        message(9),
        message(5),
    ]
    api.will_answer({"data": rows, "meta": {"next_cursor": None}})

    assert find_first_answer(client(api), 7) == parse_utc("2026-03-02T09:05:00+00:00")
    assert api.calls == [("GET", "/api/messages")]


def test_nobody_answered_yet(api: ScriptedTransport) -> None:
    api.will_answer([message(0, from_agent=False)])

    assert find_first_answer(client(api), 7) is None


@pytest.mark.parametrize("body", [{}, {"data": None}, [message(0, created_datetime="soon")]])
def test_an_answer_that_cannot_be_used_is_none(api: ScriptedTransport, body: Any) -> None:
    api.will_answer(body)

    with pytest.raises(ApiUnavailableError):
        find_first_answer(client(api), 7)


def test_a_ticket_tells_its_tags_its_priority_its_channel_and_its_age() -> None:
    ticket = read_ticket(ROW)

    assert ticket is not None
    assert ticket.tags == ("billing", "vip")
    assert (ticket.priority, ticket.channel) == ("high", "email")
    assert ticket.created_at_utc == "2026-03-02T09:00:00.500000Z"


@pytest.mark.parametrize("odd", [None, "often", 3, {}])
def test_a_ticket_that_does_not_tell_them_is_as_good(odd: Any) -> None:
    ticket = read_ticket({**ROW, "tags": odd, "priority": odd, "created_datetime": odd})

    assert ticket is not None
    assert (ticket.tags, ticket.priority, ticket.created_at_utc) == (None, None, None)


@pytest.mark.parametrize("odd", [None, "", 3, {}])
def test_what_is_no_word_is_no_channel(odd: Any) -> None:
    ticket = read_ticket({**ROW, "channel": odd})

    assert ticket is not None
    assert ticket.channel is None
