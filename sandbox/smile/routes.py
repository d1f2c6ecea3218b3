"""The routes of customers, tiers and points transactions.

Lists go by opaque cursors, newest created first, whatever changed last.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.emails import fold
from sandbox.programme.answers import Refusal, read_json, read_whole
from sandbox.programme.changes import read_time_us, rows_since
from sandbox.programme.cursors import make_cursor, read_cursor, spoil
from sandbox.programme.member_rows import TIER_IDS_BY_RANK
from sandbox.programme.programme import Programme, programme_of
from sandbox.smile.shown import (
    CUSTOMER_IDS,
    STATUSES,
    show_customer,
    show_entry,
    show_tier,
)

router = APIRouter(prefix="/v1")
DEFAULT_SIZE, MAX_SIZE = 50, 250
LISTED = frozenset({"vip_status"})
SINGLE = LISTED | {"vip_status.vip_tier", "vip_status.next_vip_tier"}
MOST_POINTS = 2**31 - 1


@router.get("/customers")
async def list_customers(request: Request) -> Response:
    """List customers of every state."""
    programme = programme_of(request)
    filters = _filters(request, programme, ("email", "state", "updated_at_min", "include"))
    include = _include(filters.get("include"), LISTED)
    rows = rows_since(programme, _since_us(programme, filters.get("updated_at_min")))
    if filters.get("email"):
        with_it = set(programme.members.rows_with_email(filters["email"]))
        wanted = fold(filters["email"])
        rows = [row for row in rows if row in with_it and wanted]
    if filters.get("state"):
        status = STATUSES.get(filters["state"])
        rows = [row for row in rows if programme.members.fields(row)["status"] == status]
    return _page(
        request,
        "customers",
        rows,
        CUSTOMER_IDS.of,
        lambda row: show_customer(programme, row, include),
        filters,
    )


@router.get("/customers/{customer_id}")
async def get_customer(request: Request, customer_id: int) -> Response:
    """Show one customer."""
    programme = programme_of(request)
    include = _include(request.query_params.get("include"), SINGLE)
    row = _get_row(programme, customer_id)
    return json_answer({"customer": show_customer(programme, row, include)})


@router.get("/vip_tiers")
async def list_tiers() -> Response:
    """List the tiers; they are not paged."""
    return json_answer({"vip_tiers": [show_tier(tier_id) for tier_id in TIER_IDS_BY_RANK]})


@router.get("/points_transactions")
async def list_entries(request: Request) -> Response:
    """List points transactions of one customer, or of everybody."""
    programme = programme_of(request)
    filters = _filters(request, programme, ("customer_id", "updated_at_min"))
    text = filters.get("customer_id")
    since_us = _since_us(programme, filters.get("updated_at_min"))
    if text is None:
        everybody = reversed([*programme.ledger.newest_first(since_us)])
        mine = [
            one for one in everybody if programme.members.find_there(one.member_row) is not None
        ]
    else:
        row = CUSTOMER_IDS.find_row(read_whole(text, "customer_id", least=1, most=2**63))
        found = None if row is None else programme.members.find_there(row)
        mine = [] if found is None else programme.ledger.of_member(found)
    # A booking of credits alone is none of points.
    entries = [e for e in mine if e.points and e.revoked_us is None and not e.hidden]
    kept = [entry for entry in entries if since_us is None or entry.applied_us >= since_us]
    return _page(request, "points_transactions", kept, lambda e: e.id, show_entry, filters)


@router.post("/points_transactions")
async def create_entry(request: Request) -> Response:
    """Book points. Not idempotent: each call that gets here books once more."""
    programme = programme_of(request)
    body = (await read_json(request)).get("points_transaction")
    if not isinstance(body, dict):
        raise Refusal(400, "points_transaction is missing")
    points = read_whole(
        body.get("points_change"), "points_change", least=-MOST_POINTS, most=MOST_POINTS
    )
    who = read_whole(body.get("customer_id"), "customer_id", least=1, most=2**63)
    row = _get_row(programme, who)
    if points < 0 and programme.members.fields(row)["points_tally"] + points < 0:
        raise Refusal(programme.ground.switches.smile_overdraw_status, "The balance is too low")
    about = {
        "source": "manual",
        "title": "Points adjustment",
        "internal_note": body.get("internal_note"),
        "external_note": body.get("description"),
    }
    delay_s = programme.ground.switches.smile_entry_visible_after_s
    return json_answer(
        {"points_transaction": show_entry(programme.book(row, (points, 0), about, delay_s))}, 201
    )


def _get_row(programme: Programme, customer_id: int) -> int:
    row = CUSTOMER_IDS.find_row(customer_id)
    found = None if row is None else programme.members.find_there(row)
    if found is None:
        raise Refusal(404, "Customer not found")
    return found


def _filters(request: Request, programme: Programme, names: tuple[str, ...]) -> dict[str, str]:
    """Return the filters in force: those of the cursor's first page, or of the query."""
    query = request.query_params
    text = query.get("cursor")
    if text and programme.ground.switches.smile_filters_kept_by_cursor:
        return dict(read_cursor(text)["filters"])
    return {name: query[name] for name in names if name in query}


def _include(text: str | None, known: frozenset[str]) -> frozenset[str]:
    wanted = frozenset(filter(None, (text or "").split(",")))
    if not wanted <= known:
        raise Refusal(400, "include holds an unknown value")
    return wanted


def _since_us(programme: Programme, text: str | None) -> int | None:
    if text is None:
        return None
    # Milliseconds are all that Smile keeps.
    return read_time_us(text, "updated_at_min") + (
        1_000 if programme.ground.switches.smile_updated_at_min_exclusive else 0
    )


def _page(
    request: Request,
    name: str,
    rows: list[Any],
    id_of: Callable[[Any], int],
    show: Callable[[Any], dict[str, Any]],
    filters: dict[str, str],
) -> Response:
    """Answer a page, the newest first, after the place that the cursor tells."""
    query = request.query_params
    size = read_whole(query.get("limit", DEFAULT_SIZE), "limit", least=1, most=MAX_SIZE)
    given = query.get("cursor") or None
    before = read_cursor(given)["before"] if given else None
    left = [row for row in reversed(rows) if before is None or id_of(row) < before]
    page = left[:size]
    more = len(left) > size
    end = {"null": None, "empty": ""}[programme_of(request).ground.switches.smile_end_of_list]
    metadata: dict[str, Any] = {
        "next_cursor": make_cursor({"before": id_of(page[-1]), "filters": filters})
        if more
        else end,
        "previous_cursor": None,
    }
    if more:
        spoil(request, metadata, "next_cursor", given)
    return json_answer({name: [show(row) for row in page], "metadata": metadata})
