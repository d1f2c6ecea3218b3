"""Cursor paging: the list envelope, `limit`, `order_by` and cursors that grow stale."""

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.gorgias.answers import ApiError, read_whole
from sandbox.ground import Ground

PAGING = frozenset({"limit", "cursor", "order_by"})
DEFAULT_LIMIT, MAX_LIMIT = 30, 100

Key = tuple[Any, int]
Walk = Callable[[Key | None, bool], Iterator[Key]]


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list is walked: by `order_by`, a walk and whether it goes down. The first is default.

    A walk yields keys whose last part is the row; `keep` leaves rows out, `render` shows one.
    """

    orders: dict[str, tuple[Walk, bool]]
    render: Callable[[int], Any]
    keep: Callable[[int], bool] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: beyond `key` in an order, towards its end or back to its start."""

    order_by: str
    back: bool
    key: Key | None


def walk_keys(keys: Iterable[Key]) -> Walk:
    """Return the walk through a few keys held in memory."""
    held = sorted(keys)

    def walk(after: Key | None, down: bool) -> Iterator[Key]:  # noqa: FBT001 - as TimeOrder.walk
        if down:
            return reversed(held if after is None else held[: bisect_left(held, after)])
        return iter(held if after is None else held[bisect_right(held, after) :])

    return walk


def both_ways(name: str, walk: Walk) -> dict[str, tuple[Walk, bool]]:
    """Return the orders `name:desc` and `name:asc` of one walk."""
    return {f"{name}:desc": (walk, True), f"{name}:asc": (walk, False)}


def answer_page(request: Request, ground: Ground, listing: Listing) -> Response:
    """Answer one page of a list, as the query asks for it."""
    query = request.query_params
    limit = read_whole(query.get("limit", str(DEFAULT_LIMIT)), "limit", 1, MAX_LIMIT)
    place = _read_place(query.get("cursor"), query.get("order_by"), listing, ground)
    walk, down = listing.orders[place.order_by]
    keys = walk(place.key, down != place.back)
    kept = (key for key in keys if listing.keep is None or listing.keep(key[-1]))
    found = list(islice(kept, limit + 1))
    more, found = len(found) > limit, found[:limit]
    if place.back:
        found.reverse()
    meta = _meta(request, ground, place, found, more)
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    rows = [listing.render(key[-1]) for key in found]
    return json_answer({"data": rows, "object": "list", "uri": target, "meta": meta})


def _meta(
    request: Request,
    ground: Ground,
    place: Place,
    found: list[Key],
    more: bool,  # noqa: FBT001
) -> dict[str, str | None]:
    before = more if place.back else place.key is not None
    beyond = True if place.back else more
    meta: dict[str, str | None] = {"prev_cursor": None, "next_cursor": None}
    if found and before:
        meta["prev_cursor"] = _write(Place(place.order_by, True, found[0]), ground)
    if found and beyond:
        meta["next_cursor"] = _write(Place(place.order_by, False, found[-1]), ground)
        spoilt = request.scope["sandbox"].pick_cursor_fault()
        if spoilt == "no_cursor":
            del meta["next_cursor"]
        elif spoilt == "repeat_cursor":
            meta["next_cursor"] = _write(place, ground)
    return meta


def _write(place: Place, ground: Ground) -> str:
    content = [ground.clock.run_s(), place.order_by, place.back, place.key]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _read_place(
    cursor: str | None, order_by: str | None, listing: Listing, ground: Ground
) -> Place:
    if order_by is not None and order_by not in listing.orders:
        raise ApiError(400, "Bad query parameter.", {"order_by": ["Not a valid choice."]})
    if not cursor:
        return Place(order_by or next(iter(listing.orders)), False, None)
    bad = ApiError(400, "Bad query parameter.", {"cursor": ["Not a valid cursor."]})
    try:
        issued_s, wrote_order, back, key = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise bad from None
    if wrote_order not in listing.orders or order_by not in (None, wrote_order):
        raise bad
    if ground.clock.run_s() - issued_s > ground.switches.cursor_life_s:
        raise ApiError(ground.switches.stale_cursor_status, "The cursor has expired.")
    return Place(wrote_order, back, tuple(key) if key else None)
