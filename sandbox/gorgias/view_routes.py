"""What a view has in it. Its pages are not those of other lists: `next_items` is an address."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.gorgias import kinds
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import ApiError, empty_answer, read_query, read_whole
from sandbox.gorgias.expressions import holds, read_filters
from sandbox.gorgias.paging import DEFAULT_LIMIT, MAX_LIMIT
from sandbox.gorgias.work_routes import KINDS

router = APIRouter(prefix="/api")
PAGING = {"limit", "cursor", "direction", "ignored_item", "order_by"}
WAYS = ("next", "prev")
HIGHEST_ID = 2**63
Row = dict[str, Any]


@router.get("/views/{view_id}/items")
async def list_view_items(request: Request, view_id: int) -> Response:
    """List what is in a view, from a cursor in one direction."""
    account, query = account_of(request), read_query(request, PAGING)
    view = kinds.find_item(request, KINDS[0], view_id)
    limit = read_whole(query.get("limit", str(DEFAULT_LIMIT)), "limit", 1, MAX_LIMIT)
    way = query.get("direction", "next")
    if way not in WAYS:
        raise ApiError(400, "Bad query parameter.", {"direction": ["Not a valid choice."]})
    order = view["order_by"]
    rows = _rows(account, view, request.scope["sandbox"].caller.user_id)
    start, end = _bounds(rows, query, order, limit, is_back=way == "prev")
    page = rows[start:end]
    base = f"/api/views/{view_id}/items"

    def address(direction: str, row: Row) -> str:
        place = {"cursor": str(row[order]), "direction": direction, "ignored_item": row["id"]}
        return f"{base}?{urlencode(place | {'limit': limit})}"

    meta = {
        "current_cursor": str(page[0][order]) if page else None,
        "next_items": address("next", page[-1]) if page and end < len(rows) else None,
        "prev_items": address("prev", page[0]) if page and start > 0 else None,
    }
    return json_answer({"data": page, "object": "list", "uri": base, "meta": meta})


@router.put("/views/{view_id}/items")
async def search_items(request: Request, view_id: int) -> Response:
    """Take a search with a view that is not saved: accepted, and there is nothing to ask for."""
    del request, view_id
    return empty_answer(202)


def _bounds(
    rows: list[Row], query: dict[str, str], order: str, limit: int, *, is_back: bool
) -> tuple[int, int]:
    """Return from where to where a page goes; beside `ignored_item`, which has been seen."""
    if "cursor" not in query:
        return 0, min(limit, len(rows))
    seen = read_whole(query.get("ignored_item"), "ignored_item", 0, HIGHEST_ID)
    place = next((nth for nth, row in enumerate(rows) if row["id"] == seen), None)
    if place is None:  # it moved or left the view: from the first at or beyond its time
        cursor = query["cursor"]
        is_rising = len(rows) < 2 or str(rows[0][order]) <= str(rows[-1][order])
        beyond = (
            nth
            for nth, row in enumerate(rows)
            if (str(row[order]) >= cursor if is_rising else str(row[order]) <= cursor)
        )
        place = next(beyond, len(rows)) - 1
    if is_back:
        return max(0, place - limit), max(0, place)
    return place + 1, min(place + 1 + limit, len(rows))


def _rows(account: Account, view: Row, user_id: int) -> list[Row]:
    """Return all rows of a view in its order."""
    order, is_down = view["order_by"], view["order_dir"] == "desc"
    if view["type"] == "customer-list":
        walk = account.customers.by_updated.walk(None, is_down)
        return [account.customers.list_row(row) for _, row in walk]
    tickets, wanted = account.tickets, read_filters(view["filters"] or "")
    rows = []
    for _, row in tickets.by_updated.walk(None, is_down):
        if tickets.is_trashed(row):
            continue
        customer = tickets.customer_row(row)
        thin = None if customer is None else account.customers.thin(customer)
        shown = tickets.list_row(row) | {"customer": thin, "requester": thin}
        if all(holds(one, shown, user_id) for one in wanted):
            rows.append(shown)
    if order != "updated_datetime":
        rows.sort(key=lambda row: str(row[order] or ""), reverse=is_down)
    return rows
