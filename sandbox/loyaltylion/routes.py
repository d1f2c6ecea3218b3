"""The routes of customers, their points, webhooks and whose key it is.

A cursor holds all filters, and whatever stands beside it is ignored.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.calling import is_local
from sandbox.emails import fold
from sandbox.loyaltylion.shown import CUSTOMER_IDS, show_customer
from sandbox.loyaltylion.side import UPDATED, loyaltylion_of
from sandbox.programme.answers import Refusal, read_json, read_whole
from sandbox.programme.changes import read_time_us, rows_since, updated_us
from sandbox.programme.cursors import make_cursor, read_cursor, spoil
from sandbox.programme.programme import Programme, programme_of

router = APIRouter(prefix="/v2")
DEFAULT_SIZE, MAX_SIZE = 100, 500
MOST_POINTS = 1_000_000
ACCOUNT_ID, PROGRAM_ID = 4_101, 7_001
EVENTS = (
    "enrolled", "tier_upgraded", "tier_downgraded", "points_earned",
    "reward_available_notification", "recurring_reward_available_reminder", "claimed_reward",
    "referral_complete", "rule_completed", "approaching_tier_upgrade",
    "approaching_points_expiration", "approaching_reward_expiration", "moved_to_at_risk_segment",
    "moved_to_defected_segment", "moved_to_loyal_segment",
)  # fmt: skip
TOPICS = {UPDATED, "loyalty_emails/unsubscribe"} | {f"program_events/customer.{e}" for e in EVENTS}
FILTERS = ("email", "since_id", "sort_field", "sort_direction", "updated_at_min", "updated_at_max")


@router.get("/customers")
async def list_customers(request: Request) -> Response:
    """List customers, blocked ones and guests too."""
    programme, query = programme_of(request), request.query_params
    given = query.get("cursor") or None
    told = read_cursor(given) if given else {}
    filters = told.get("filters") or {name: query[name] for name in FILTERS if name in query}
    if given and not programme.ground.switches.loyaltylion_sort_kept_by_cursor:
        filters = {name: text for name, text in filters.items() if not name.startswith("sort")}
    size = read_whole(query.get("limit", DEFAULT_SIZE), "limit", least=1, most=MAX_SIZE)
    rows = _sorted(programme, _filtered(programme, filters), filters)
    seen = set(told.get("seen_at_place", []))
    # What changed since the first page moves, so the place is remembered by time or id.
    after = told.get("after")
    left = [
        row for row in rows if after is None or _is_beyond(programme, row, after, filters, seen)
    ]
    page, more = left[:size], len(left) > size
    cursor: dict[str, Any] = {"prev": None, "next": None}
    if more:
        place = _place(programme, page[-1], filters)
        same = [row for row in page if _place(programme, row, filters) == place]
        cursor["next"] = make_cursor(
            {"filters": filters, "after": place, "seen_at_place": same} if filters or same else {}
        )
        spoil(request, cursor, "next", given)
    return json_answer(
        {"customers": [show_customer(programme, row) for row in page], "cursor": cursor}
    )


@router.post("/customers/{merchant_id}/points")
async def add_points(request: Request, merchant_id: str) -> Response:
    """Add points: 201 and an empty text, no balance and no id."""
    await _book(request, merchant_id, 1)
    return json_answer("", 201)


@router.post("/customers/{merchant_id}/remove_points")
async def remove_points(request: Request, merchant_id: str) -> Response:
    """Remove points: 204."""
    await _book(request, merchant_id, -1)
    return Response(b"", 204)


@router.get("/identity/whoami")
async def whoami(request: Request) -> Response:
    """Tell what the key is and may do."""
    del request
    identity = {
        "kind": "api_key",
        "account_id": ACCOUNT_ID,
        "program_id": PROGRAM_ID,
        "scopes": ["read_customers", "write_customers"],
        "integration": None,
    }
    return json_answer({"identity": identity})


@router.post("/webhooks")
async def create_hook(request: Request) -> Response:
    """Subscribe an address to a topic. Only changes of customers are ever told of here."""
    side = loyaltylion_of(request)
    wanted = (await read_json(request)).get("webhook")
    if not isinstance(wanted, dict) or wanted.get("topic") not in TOPICS:
        raise Refusal(400, "webhook must have a topic that there is, and an address")
    if not isinstance(wanted.get("address"), str) or not is_local(wanted["address"]):
        raise Refusal(400, "address must be on this machine: the sandbox sends nothing elsewhere")
    hook = side.add_hook(wanted["topic"], wanted["address"], wanted.get("service_integration_id"))
    return json_answer({"webhook": hook}, 201)


@router.get("/webhooks")
async def list_hooks(request: Request) -> Response:
    """List the webhooks of this key."""
    return json_answer({"webhooks": list(loyaltylion_of(request).hooks.values())})


async def _book(request: Request, merchant_id: str, sign: int) -> None:
    programme = programme_of(request)
    switches = programme.ground.switches
    body = await read_json(request)
    if not isinstance(body.get("points"), int):
        raise Refusal(400, "points must be a whole number")
    points = read_whole(body["points"], "points", least=1, most=MOST_POINTS)
    reason = body.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise Refusal(400, "reason must be text")
    row = get_row(programme, merchant_id)
    if sign < 0 and programme.members.fields(row)["points_tally"] < points:
        raise Refusal(switches.loyaltylion_overdraw_status, "The balance is too low")
    about = {
        "source": "manual",
        "title": "Manual adjustment",
        "internal_note": None,
        "external_note": reason,
        "pending": sign > 0 and switches.loyaltylion_points_pending,
    }
    delay_s = switches.loyaltylion_entry_visible_after_s
    programme.book(row, (sign * points, 0), about, delay_s)


def get_row(programme: Programme, merchant_id: str) -> int:
    """Return the row of the shop's id; LoyaltyLion's own id is another number."""
    row = programme.members.find_row(int(merchant_id)) if merchant_id.isdecimal() else None
    if row is None:
        raise Refusal(404, "Not found")
    return row


def _filtered(programme: Programme, filters: dict[str, str]) -> list[int]:
    members = programme.members
    since = filters.get("updated_at_min")
    since_us = None if since is None else read_time_us(since, "updated_at_min")
    if "since_id" in filters:
        since_id = read_whole(filters["since_id"], "since_id", least=0, most=2**63)
        first = CUSTOMER_IDS.first_beyond(since_id)
        # Few are wanted where a list begins at an id.
        rows = list(members.walk(first)) if since_us is None else rows_since(programme, since_us)
        rows = [row for row in rows if row >= first]
    else:
        rows = rows_since(programme, since_us)
    if "email" in filters:
        part = fold(filters["email"])
        if "@" in part:
            near = set(members.rows_with_email(part))
            rows = [row for row in rows if row in near or _contains(programme, row, part)]
        else:
            rows = [row for row in rows if _contains(programme, row, part)]
    return rows


def _contains(programme: Programme, row: int, part: str) -> bool:
    return part in fold(programme.members.fields(row)["email"] or "")


def _sorted(programme: Programme, rows: list[int], filters: dict[str, str]) -> list[int]:
    by_update = filters.get("sort_field") == "updated_at"
    rows = sorted(rows, key=lambda row: (updated_us(programme, row) if by_update else 0, row))
    return rows if _is_rising(filters) else rows[::-1]


def _is_rising(filters: dict[str, str]) -> bool:
    return filters.get("sort_direction", "desc") == "asc"


def _place(programme: Programme, row: int, filters: dict[str, str]) -> int:
    by_update = filters.get("sort_field") == "updated_at"
    return updated_us(programme, row) if by_update else CUSTOMER_IDS.of(row)


def _is_beyond(
    programme: Programme, row: int, after: int, filters: dict[str, str], seen: set[int]
) -> bool:
    place = _place(programme, row, filters)
    if place == after:
        return row not in seen
    return place > after if _is_rising(filters) else place < after
