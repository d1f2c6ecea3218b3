"""The routes of members and transactions, and of webhooks' set-up.

Confirmed are the fields of a transaction and their order, cents, `params`, the error body and the
limits of coupons and batches. Paths and names are guesses, and there are two sets of them.
"""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.calling import is_local
from sandbox.programme.answers import Refusal, read_json, read_whole
from sandbox.programme.changes import read_time_us, rows_since
from sandbox.programme.programme import Programme, programme_of
from sandbox.trifft.shown import find_row_of, show_entry, show_member
from sandbox.trifft.side import trifft_of

router = APIRouter()
DEFAULT_SIZE, MAX_SIZE, MOST_IN_BATCH = 20, 100, 500
TYPES = {"standard", "correction"}
MEMBER_TYPES = {"CardID", "MemberID", "Email", "CustomParam"}
MAX_INT32 = 2**31 - 1
CHANGED_SINCE = "modified_from"
"""Cuts the list of members to what changed, under the other style; the plain one cannot tell."""
# What the fields of a transaction are called, in the order of the documentation.
FIELDS = {
    "plain": (
        "transactionId", "type", "time", "memberIdType", "memberId", "amount", "currency",
        "points", "venueIdType", "venueId", "note", "items", "coupons", "params",
    ),
    "other": (
        "external_id", "kind", "ts", "member_type", "member", "total", "currency_code",
        "forced_points", "venue_type", "venue", "remark", "items", "coupons", "params",
    ),
}  # fmt: skip


@router.get("/v1/member")
async def list_members(request: Request) -> Response:
    """List members by page, from 1."""
    _only_in(request, "plain")
    return _members(request, "page", "limit", first_page=1)


@router.get("/v1/crm/members")
async def list_members_otherwise(request: Request) -> Response:
    """List members by page, from 0."""
    _only_in(request, "other")
    return _members(request, "p", "per_page", first_page=0)


@router.get("/v1/member/email/{email}")
async def get_member_by_email(request: Request, email: str) -> Response:
    """Show the member with an address."""
    _only_in(request, "plain")
    return _member(request, _row_by_email(programme_of(request), email))


@router.get("/v1/member/{member_id}")
async def get_member(request: Request, member_id: str) -> Response:
    """Show a member."""
    _only_in(request, "plain")
    return _member(request, _row_by_id(programme_of(request), member_id))


@router.get("/v1/crm/member")
async def get_member_by_identifier(request: Request) -> Response:
    """Show the member with a (type, value) pair."""
    _only_in(request, "other")
    kind, value = request.query_params.get("type"), request.query_params.get("value", "")
    find = {"ID": _row_by_id, "EMAIL": _row_by_email}.get(kind or "")
    if find is None:
        raise Refusal(400, "type is not known")
    return _member(request, find(programme_of(request), value))


@router.get("/v1/member/{member_id}/transaction")
async def list_entries(request: Request, member_id: str) -> Response:
    """List a member's transactions, newest first."""
    _only_in(request, "plain")
    return _entries(request, member_id, "page", "limit", first_page=1)


@router.get("/v1/crm/transactions")
async def list_entries_otherwise(request: Request) -> Response:
    """List a member's transactions, newest first."""
    _only_in(request, "other")
    member_id = request.query_params.get("member", "")
    return _entries(request, member_id, "p", "per_page", first_page=0)


@router.post("/v1/transaction")
async def create_transaction(request: Request) -> Response:
    """Book a transaction."""
    _only_in(request, "plain")
    return await _create(request)


@router.post("/v1/crm/transactions")
async def create_transaction_otherwise(request: Request) -> Response:
    """Book a transaction."""
    _only_in(request, "other")
    return await _create(request)


@router.post("/v1/batch")
async def queue_batch(request: Request) -> Response:
    """Queue sub-requests: 200 says only that, and nobody ever hears what became of them."""
    try:
        parts = json.loads(await request.body())
    except ValueError:
        raise Refusal(400, "the body is not valid JSON") from None
    if not isinstance(parts, list) or not 0 < len(parts) <= MOST_IN_BATCH:
        raise Refusal(400, f"a batch has 1 to {MOST_IN_BATCH} elements")
    if not all(isinstance(one, dict) and {"uri", "method"} <= set(one) for one in parts):
        raise Refusal(400, "an element lacks uri or method")
    return json_answer(_wrapped({"queued": len(parts)}))


@router.post("/_sandbox/webhooks")
async def set_webhook_up(request: Request) -> Response:
    """Set a webhook up as the admin does: `url`, `headers`, and a `template` of the body."""
    side = trifft_of(request)
    wanted = await read_json(request)
    if not is_local(str(wanted.get("url"))):
        raise Refusal(400, "url must be on this machine: the sandbox sends nothing elsewhere")
    side.hooks.append(wanted)
    return json_answer({"webhooks": len(side.hooks)}, 201)


def _style(request: Request) -> str:
    return programme_of(request).ground.switches.trifft_style


def _only_in(request: Request, style: str) -> None:
    if _style(request) != style:
        raise Refusal(404, "no such route")


def _wrapped(data: Any, status: int = 200) -> dict[str, Any]:
    return {"status": status, "success": True, "data": data}


def _answer(request: Request, data: Any, status: int = 200) -> Response:
    content = _wrapped(data, status) if _style(request) == "plain" else {"result": data}
    return json_answer(content, status)


def _member(request: Request, row: int | None) -> Response:
    if row is None:
        raise Refusal(404, "member not found")
    return _answer(request, show_member(programme_of(request), row, _style(request)))


def _row_by_id(programme: Programme, member_id: str) -> int | None:
    row = find_row_of(member_id)
    return None if row is None else programme.members.find_there(row)


def _row_by_email(programme: Programme, email: str) -> int | None:
    rows = programme.members.rows_with_email(email)
    return next(iter(rows), None)


def _members(request: Request, page: str, size: str, *, first_page: int) -> Response:
    programme = programme_of(request)
    if not programme.ground.switches.trifft_members_listed:
        raise Refusal(404, "no such route")
    since_us = None
    if _style(request) == "other" and (text := request.query_params.get(CHANGED_SINCE)):
        since_us = read_time_us(text, CHANGED_SINCE)
    rows = rows_since(programme, since_us)
    shown = _cut(request, rows, page, size, first_page)
    return _answer(request, [show_member(programme, row, _style(request)) for row in shown])


def _entries(
    request: Request, member_id: str, page: str, size: str, *, first_page: int
) -> Response:
    programme = programme_of(request)
    if not programme.ground.switches.trifft_ledger_listed:
        raise Refusal(404, "no such route")
    row = _row_by_id(programme, member_id)
    if row is None:
        raise Refusal(404, "member not found")
    entries = [entry for entry in reversed(programme.ledger.of_member(row)) if entry.points]
    shown = _cut(request, entries, page, size, first_page)
    return _answer(request, [show_entry(entry, _style(request)) for entry in shown])


def _cut(request: Request, rows: list[Any], page: str, size: str, first_page: int) -> list[Any]:
    query = request.query_params
    number = read_whole(query.get(page, first_page), page, least=first_page, most=10**6)
    wanted = read_whole(query.get(size, DEFAULT_SIZE), size, least=1, most=10**6)
    if request.scope["sandbox"].pick_cursor_fault() is not None:
        number = first_page  # a page that never moves on
    start = (number - first_page) * min(wanted, MAX_SIZE)
    return rows[start : start + min(wanted, MAX_SIZE)]


async def _create(request: Request) -> Response:
    programme = programme_of(request)
    switches = programme.ground.switches
    try:
        row, points, about = _read_transaction(programme, await read_json(request))
    except Refusal as refused:
        if not switches.trifft_refusal_in_200:
            raise
        error = {"code": refused.status, "message": refused.text}
        return json_answer({"status": refused.status, "success": False, "error": error})
    known = [one for one in programme.ledger.new if one.foreign_id == about["foreign_id"]]
    if known and switches.trifft_repeated_transaction == "refuse":
        raise Refusal(409, "this transaction id is known")
    if known and switches.trifft_repeated_transaction == "merge":
        return _answer(request, show_entry(known[0], _style(request)), 201)
    entry = programme.book(row, (points, 0), about, switches.trifft_entry_visible_after_s)
    return _answer(request, show_entry(entry, _style(request)), 201)


def _read_transaction(
    programme: Programme, body: dict[str, Any]
) -> tuple[int, int, dict[str, Any]]:
    """Return (member row, points, the entry's other fields) of a transaction."""
    switches = programme.ground.switches
    names = FIELDS[switches.trifft_style]
    if unknown := set(body) - set(names):
        raise Refusal(400, f"unknown fields: {', '.join(sorted(unknown))}")
    own_id, kind, time_s, member_type, member_id, amount, currency, points = (
        body.get(name) for name in names[:8]
    )
    if not isinstance(own_id, str) or not own_id:
        raise Refusal(400, f"{names[0]} is required")
    if kind not in TYPES or member_type not in MEMBER_TYPES or not isinstance(currency, str):
        raise Refusal(400, "an enum has an unknown value")
    for name, value in ((names[2], time_s), (names[5], amount)):
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_INT32:
            raise Refusal(400, f"{name} must be int32")
    if amount == 0 and not switches.trifft_zero_amount_allowed:
        raise Refusal(400, "an amount of 0 is not allowed")
    if points is None or not isinstance(points, int) or abs(points) > MAX_INT32:
        raise Refusal(400, "points must be int32")
    if points < 0 and not switches.trifft_negative_points_allowed:
        raise Refusal(400, "points below 0 are not allowed")
    find = _row_by_email if member_type == "Email" else _row_by_id
    row = find(programme, str(member_id))
    if row is None:
        raise Refusal(404, "member not found")
    return row, points, {
        "source": "transaction",
        "title": "Transaction",
        "internal_note": None,
        "external_note": body.get(names[10]),
        "foreign_id": own_id,
        "pending": switches.trifft_credit_delay,
    }  # fmt: skip
