"""The tickets of a view, whose pages say by an address where the next one begins."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import CursorError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.views import iter_view_tickets
from tests.scripted import ScriptedTransport

PATH = "/api/views/5/items"


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport()


def client(api: ScriptedTransport) -> GorgiasClient:
    return GorgiasClient(api, card_key="loyalty", app_id=None)


def row(ticket_id: int, **values: Any) -> dict[str, Any]:
    told = {"customer": {"id": 1}, "status": "open", "updated_datetime": "2026-03-02T09:30:00"}
    return {"id": ticket_id, **told, **values}


def page(rows: list[Any], following: object = None) -> dict[str, Any]:
    return {"data": rows, "meta": {"current_cursor": "x", "next_items": following}}


def address(ticket_id: int) -> str:
    return f"{PATH}?cursor=2026-03-02T09%3A30%3A00&direction=next&ignored_item={ticket_id}&limit=2"


def ids(api: ScriptedTransport) -> list[int | None]:
    return [one.ticket_id if one else None for one in iter_view_tickets(client(api), 5)]


def test_a_view_is_read_page_after_page_by_the_address_of_the_next(api: ScriptedTransport) -> None:
    api.will_answer(page([row(1), row(2)], address(2)))
    api.will_answer(page([row(2), row(3, customer=None)]))

    assert ids(api) == [1, 2, None]
    assert api.calls == [("GET", PATH)] * 2
    assert api.queries == [
        {"limit": 100},
        {
            "cursor": "2026-03-02T09:30:00",
            "direction": "next",
            "ignored_item": "2",
            "limit": 100,
        },
    ]


def test_a_page_that_comes_again_is_no_end(api: ScriptedTransport) -> None:
    for _ in range(3):
        api.will_answer(page([row(1)], address(1)))

    with pytest.raises(CursorError, match="repeated a page"):
        ids(api)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"data": None, "meta": {"next_items": None}},
        {"data": []},
        {"data": [], "meta": {}},
        page([], 7),
        page([], "/api/views/5/items"),
        page([row(1, status=None)]),
        page(["x"]),
    ],
)
def test_what_is_no_page_of_tickets_is_not_taken_for_the_whole(
    api: ScriptedTransport, body: Any
) -> None:
    api.will_answer(body)

    with pytest.raises(CursorError):
        ids(api)
