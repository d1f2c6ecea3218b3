"""Rivo's two ways of paging, with their traps.

A cursor walk (`pagination[since_id]`, `pagination[limit]`) goes by ascending id. Offset paging ends
at page 500. `pagination[per_page]` beside `since_id` silently means offset, and so does `limit`
without `since_id`, which is then ignored.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.ground import Ground
from sandbox.programme.answers import Refusal
from sandbox.rivo.answers import read_whole

DEFAULT_SIZE, MAX_SIZE, MAX_PAGE = 25, 250, 500
SINCE, LIMIT = "pagination[since_id]", "pagination[limit]"
PAGE, PER_PAGE = "pagination[page]", "pagination[per_page]"
SORT_TYPE, SORT_DIRECTION = "sort[order_type]", "sort[order_direction]"
PAGING = frozenset({SINCE, LIMIT, PAGE, PER_PAGE, SORT_TYPE, SORT_DIRECTION})

Row = Any


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list is read: beyond an id, or by place; ids ascending in both."""

    beyond: Callable[[int], Iterator[Row]]
    between: Callable[[int, int], list[Row]]
    count: int
    render: Callable[[Row], dict[str, Any]]


def list_of(rows: list[Row], id_of: Callable[[Row], int], render: Callable[[Row], Any]) -> Listing:
    """Return the listing of a few rows held in memory, ids ascending."""

    def beyond(after_id: int) -> Iterator[Row]:
        return (row for row in rows if id_of(row) > after_id)

    return Listing(beyond, lambda start, end: rows[start:end], len(rows), render)


def check_query(request: Request, ground: Ground, filters: frozenset[str]) -> None:
    """Refuse unknown parameters, if the switch says that Rivo does.

    Raises:
        Refusal: with the status of the switch.
    """
    status = ground.switches.rivo_unknown_parameter_status
    if status != 200 and not set(request.query_params) <= PAGING | filters:
        raise Refusal(status, "Unknown parameter")


def answer_page(request: Request, ground: Ground, listing: Listing) -> Response:
    """Answer one page in the mode that the query asks for."""
    query = request.query_params
    if SINCE in query and PER_PAGE not in query:
        return _answer_cursor_page(request, ground, listing)
    size = _size(query.get(PER_PAGE))
    page = read_whole(query.get(PAGE, "1"), "page")
    if page < 1:
        raise Refusal(400, "page must be 1 or more")
    if page > MAX_PAGE and ground.switches.rivo_page_beyond_max != "empty":
        if ground.switches.rivo_page_beyond_max == "error":
            raise Refusal(400, f"page must be {MAX_PAGE} or less")
        page = MAX_PAGE
    last = max(1, min(MAX_PAGE, -(-listing.count // size)))
    rows = [] if page > MAX_PAGE else _offset_rows(query, listing, page, size)
    links = {
        "self": _url(request, page),
        "next": _url(request, page + 1) if page < last else None,
        "last": _url(request, last),
    }
    return json_answer({"data": [listing.render(row) for row in rows], "links": links})


def _offset_rows(query: Any, listing: Listing, page: int, size: int) -> list[Row]:
    start = (page - 1) * size
    if query.get(SORT_DIRECTION, "asc").lower() != "desc":
        return listing.between(start, start + size)
    end = listing.count - start
    return listing.between(max(0, end - size), end)[::-1] if end > 0 else []


def _answer_cursor_page(request: Request, ground: Ground, listing: Listing) -> Response:
    query = request.query_params
    since_id, limit = read_whole(query[SINCE], "since_id"), _size(query.get(LIMIT))
    found = list(islice(listing.beyond(since_id), limit + 1))
    more = len(found) > limit
    data = [listing.render(row) for row in found[:limit]]
    if not ground.switches.rivo_next_since_id_present:
        return json_answer({"data": data, "links": {"self": str(request.url)}})
    next_id = data[-1]["id"] if more else None
    links = {"since_id": since_id, "limit": limit, "next_since_id": next_id}
    if more:
        spoilt = request.scope["sandbox"].pick_cursor_fault()
        if spoilt == "no_cursor":
            del links["next_since_id"]
        elif spoilt == "repeat_cursor":
            links["next_since_id"] = since_id
    return json_answer({"data": data, "links": links})


def _size(text: str | None) -> int:
    size = DEFAULT_SIZE if text is None else read_whole(text, "limit")
    return max(1, min(size, MAX_SIZE))


def _url(request: Request, page: int) -> str:
    query = {**request.query_params, PAGE: str(page)}
    return f"{request.url.replace(query='')}?{urlencode(query)}"
