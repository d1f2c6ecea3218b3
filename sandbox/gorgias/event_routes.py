"""The routes of events."""

import operator
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.gorgias.account import account_of
from sandbox.gorgias.answers import MISSING, ApiError, not_found, read_moment, read_query
from sandbox.gorgias.paging import PAGING, Listing, answer_page, both_ways

router = APIRouter(prefix="/api/events")
FILTERS = {"types", "object_type", "object_id", "user_ids"}
BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "created_datetime[gt]": operator.gt,
    "created_datetime[gte]": operator.ge,
    "created_datetime[lt]": operator.lt,
    "created_datetime[lte]": operator.le,
}


@router.get("")
async def list_events(request: Request) -> Response:
    """List events, newest first unless asked otherwise."""
    account = account_of(request)
    query = read_query(request, PAGING | FILTERS | BOUNDS.keys())
    if "object_type" in query and "object_id" not in query:
        raise ApiError(400, "Bad query parameter.", {"object_id": [MISSING]})
    if len(request.query_params.getlist("user_ids")) > 1:
        raise ApiError(400, "Bad query parameter.", {"user_ids": ["One id at most."]})
    bounds = [
        (test, read_moment(query[name], name)) for name, test in BOUNDS.items() if name in query
    ]

    def keep(event_id: int) -> bool:
        event = account.events.find(event_id)
        return (
            event is not None
            and query.get("object_type", event.object_type) == event.object_type
            and query.get("object_id", str(event.object_id)) == str(event.object_id)
            and query.get("user_ids") in (None, str(event.shown()["user_id"]))
            and all(test(event.at_us, bound_us) for test, bound_us in bounds)
        )

    def render(event_id: int) -> Any:
        event = account.events.find(event_id)
        return event.shown() if event else None

    types = set(request.query_params.getlist("types"))
    orders = both_ways("created_datetime", account.events.walk_of(types))
    return answer_page(request, account.ground, Listing(orders, render, keep))


@router.get("/{event_id}")
async def get_event(request: Request, event_id: int) -> Response:
    """Show one event."""
    read_query(request, ())
    event = account_of(request).events.find(event_id)
    if event is None:
        raise not_found()
    return json_answer(event.shown())
