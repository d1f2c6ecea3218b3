"""The routes of the points ledger: the whole site's, and one customer's.

Newest first. A cursor holds all filters, and whatever stands beside it is ignored.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.loyaltylion.routes import DEFAULT_SIZE, MAX_SIZE, get_row
from sandbox.loyaltylion.shown import CUSTOMER_IDS, show_entry
from sandbox.programme.answers import Refusal, read_whole
from sandbox.programme.changes import read_time_us
from sandbox.programme.cursors import make_cursor, read_cursor, spoil
from sandbox.programme.ledger import Entry
from sandbox.programme.programme import Programme, programme_of

router = APIRouter(prefix="/v2")
FILTERS = ("since_id", "customer_id", "created_at_min", "created_at_max")
HIGHEST_ID = 2**63


@router.get("/transactions")
async def list_transactions(request: Request) -> Response:
    """List the bookings of the site; `customer_id` is LoyaltyLion's own."""
    if request.query_params.get("type", "json") != "json":
        raise Refusal(400, "the sandbox answers in JSON only")
    return _answer(request, None)


@router.get("/customers/{merchant_id}/transactions")
async def list_of_customer(request: Request, merchant_id: str) -> Response:
    """List the bookings of one customer, by the shop's id."""
    programme = programme_of(request)
    if not programme.ground.switches.loyaltylion_transactions_listed:
        raise Refusal(404, "Not found")
    return _answer(request, get_row(programme, merchant_id))


def _answer(request: Request, row: int | None) -> Response:
    programme, query = programme_of(request), request.query_params
    given = query.get("cursor") or None
    told = read_cursor(given) if given else {}
    filters = told.get("filters") or {name: query[name] for name in FILTERS if name in query}
    size = read_whole(query.get("limit", DEFAULT_SIZE), "limit", least=1, most=MAX_SIZE)
    if "customer_id" in filters:
        number = read_whole(filters["customer_id"], "customer_id", least=1, most=HIGHEST_ID)
        row = CUSTOMER_IDS.find_row(number)
        row = -1 if row is None else row
    low = filters.get("created_at_min")
    since_us = None if low is None else read_time_us(low, "created_at_min")
    found = (
        one for one in _newest_first(programme, row, since_us) if _is_wanted(one, filters, told)
    )
    page = list(islice(found, size + 1))
    cursor: dict[str, Any] = {"prev": None, "next": None}
    if len(page) > size:
        cursor["next"] = make_cursor({"filters": filters, "before": page[size - 1].id})
        spoil(request, cursor, "next", given)
    rows = [show_entry(programme, entry) for entry in page[:size]]
    return json_answer({"transactions": rows, "cursor": cursor})


def _newest_first(programme: Programme, row: int | None, since_us: int | None) -> Iterator[Entry]:
    """Yield the bookings of points that are to be seen, of one row or of everybody."""
    ledger = programme.ledger
    entries: Iterable[Entry]
    if row is None:
        entries = ledger.newest_first(since_us)
    else:
        is_there = row >= 0 and programme.members.find_there(row) is not None
        entries = reversed(ledger.of_member(row) if is_there else [])
    for entry in entries:
        is_gone = programme.members.find_there(entry.member_row) is None
        if entry.points and entry.revoked_us is None and not entry.hidden and not is_gone:
            yield entry


def _is_wanted(entry: Entry, filters: dict[str, str], told: dict[str, Any]) -> bool:
    if "before" in told and entry.id >= told["before"]:
        return False
    if "since_id" in filters:
        since_id = read_whole(filters["since_id"], "since_id", least=0, most=HIGHEST_ID)
        if entry.id <= since_id:
            return False
    low, high = filters.get("created_at_min"), filters.get("created_at_max")
    if low is not None and entry.applied_us < read_time_us(low, "created_at_min"):
        return False
    return high is None or entry.applied_us < read_time_us(high, "created_at_max")
