"""The routes of the ledger and of what is bought with points."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_z
from sandbox.gorgias.answers import ApiError, read_moment
from sandbox.programme.answers import Refusal
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import credit_text, member_id_of
from sandbox.programme.programme import Programme, programme_of
from sandbox.rivo.answers import BASE_PATH, read_form, read_whole, resource
from sandbox.rivo.member_routes import get_member_row
from sandbox.rivo.paging import Listing, answer_page, check_query, list_of
from sandbox.rivo.shelf import INCREMENTAL_REWARDS, rule_points
from sandbox.rivo.shown import show_entry
from sandbox.rivo.side import rivo_of

router = APIRouter(prefix=BASE_PATH)
WHO = "filters[customer_identifier]"
SOURCES = {
    "manual", "custom_action", "referral_complete", "visit_url", "instagram_follow",
    "tiktok_follow", "facebook_like", "facebook_share", "twitter_follow", "twitter_share",
}  # fmt: skip
KEYS = {
    "customer_identifier", "source", "points_amount", "credits_amount", "skip_email",
    "internal_note", "external_note", "applied_at", "custom_action_name",
}  # fmt: skip
MAX_INT32 = 2**31 - 1


def show_event(entry: Entry) -> dict[str, Any]:
    """Return a ledger entry as a resource; its attributes hold the id as an array."""
    return resource("points_event", entry.id, show_entry(entry))


@router.get("/points_events")
async def list_events(request: Request) -> Response:
    """List the ledger, of one customer or of all."""
    programme = programme_of(request)
    check_query(request, programme.ground, frozenset({WHO}))
    ledger = programme.ledger
    if WHO in request.query_params:
        row = programme.members.find_by_identifier(request.query_params[WHO])
        entries = [] if row is None else ledger.of_member(row)
        listing = list_of(entries, lambda entry: entry.id, show_event)
        return answer_page(request, programme.ground, listing)

    def beyond(event_id: int) -> Iterator[Entry]:
        places = range(ledger.first_place_beyond(event_id), ledger.count)
        return (entry for entry in map(ledger.entry_at, places) if entry)

    def between(start: int, end: int) -> list[Entry]:
        places = range(start, min(end, ledger.count))
        return [entry for entry in map(ledger.entry_at, places) if entry]

    listing = Listing(beyond, between, ledger.count, show_event)
    return answer_page(request, programme.ground, listing)


@router.post("/points_events")
async def create_event(request: Request) -> Response:
    """Book points or credits. Not idempotent: each call that gets here books once more."""
    programme = programme_of(request)
    form = await read_form(request, json_too=programme.ground.switches.rivo_json_body_accepted)
    entry = _book(programme, *_check(programme, form))
    return json_answer({"data": show_event(entry)}, 201)


@router.post("/points_events/batch")
async def create_events(request: Request) -> Response:
    """Book several events from JSON; a switch tells what one bad event does."""
    programme = programme_of(request)
    try:
        events = json.loads(await request.body())["points_events"]
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "points_events is missing") from None
    checked = []
    for event in events:
        try:
            checked.append(_check(programme, event))
        except Refusal:
            if programme.ground.switches.rivo_batch_all_or_nothing:
                raise
    return json_answer({"data": [show_event(_book(programme, *one)) for one in checked]}, 201)


Booking = tuple[int, tuple[int, int], dict[str, Any]]


def _check(programme: Programme, form: dict[str, Any]) -> Booking:
    """Return (member row, amounts, other fields of the entry) of a request to book."""
    source = form.get("source")
    if source not in SOURCES:
        raise Refusal(422, "source is not valid")
    if set(form) - KEYS and programme.ground.switches.rivo_unknown_parameter_status != 200:
        raise Refusal(programme.ground.switches.rivo_unknown_parameter_status, "Unknown field")
    row = get_member_row(programme, str(form.get("customer_identifier", "")))
    points, credit_cents = _amounts(programme, form)
    held = programme.members.fields(row)
    if not programme.ground.switches.rivo_overdraw_allowed:
        credits_left = round(float(held["credits_tally"]) * 100) + credit_cents
        if held["points_tally"] + points < 0 or credits_left < 0:
            raise Refusal(422, "The balance is too low")
    about = {
        "source": source,
        "title": form.get("custom_action_name") or "Manual adjustment",
        "internal_note": form.get("internal_note"),
        "external_note": form.get("external_note", "manual points adjustment"),
    }
    if form.get("applied_at"):
        try:
            about["applied_us"] = read_moment(form["applied_at"], "applied_at")
        except ApiError:
            raise Refusal(422, "applied_at is not a date") from None
    return row, (points, credit_cents), about


def _amounts(programme: Programme, form: dict[str, Any]) -> tuple[int, int]:
    switches = programme.ground.switches
    given = [
        name for name in ("points_amount", "credits_amount") if form.get(name) not in (None, "")
    ]
    if form["source"] == "manual":
        if not given or (switches.rivo_manual_needs_both_amounts and len(given) < 2):
            raise Refusal(422, "points_amount or credits_amount is required")
    elif not given:
        rule = rule_points(str(form.get("custom_action_name")))
        if form["source"] == "custom_action" and rule is None:
            raise Refusal(422, "custom_action_name is not known")
        if not switches.rivo_custom_action_uses_rule_amount:
            raise Refusal(422, "points_amount is required")
        return rule or 10, 0
    points = read_whole(form["points_amount"], "points_amount") if "points_amount" in given else 0
    if abs(points) > MAX_INT32:
        raise Refusal(422, "points_amount is out of range")
    try:
        credit = float(form["credits_amount"]) if "credits_amount" in given else 0.0
    except (TypeError, ValueError):
        raise Refusal(422, "credits_amount must be a number") from None
    return points, round(credit * 100)


def _book(programme: Programme, row: int, amounts: tuple[int, int], about: dict[str, Any]) -> Entry:
    return programme.book(row, amounts, about, programme.ground.switches.rivo_event_visible_after_s)


@router.get("/points_redemptions")
async def list_redemptions(request: Request) -> Response:
    """List redemptions, of one customer or of all."""
    programme = programme_of(request)
    rows = rivo_of(request).shelf.redemptions
    if WHO in request.query_params:
        row = programme.members.find_by_identifier(request.query_params[WHO])
        wanted = None if row is None else str(member_id_of(row))
        rows = [one for one in rows if one["customer_identifier"] == wanted]
    return answer_page(request, programme.ground, _listing("points_redemption", rows))


@router.post("/points_redemptions")
async def create_redemption(request: Request) -> Response:
    """Redeem a reward. Not idempotent either."""
    programme = programme_of(request)
    form = await read_form(request, json_too=False)
    row = get_member_row(programme, str(form.get("customer_identifier", "")))
    reward_id = read_whole(form.get("reward_id"), "reward_id")
    reward = next((one for one in rivo_of(request).shelf.rewards() if one["id"] == reward_id), None)
    if reward is None or reward["source"] == "referrer":
        raise Refusal(422, "The reward cannot be redeemed")
    price = reward["points_amount"]
    if reward_id in INCREMENTAL_REWARDS:
        price = read_whole(form.get("points_amount"), "points_amount")
    if programme.members.fields(row)["points_tally"] < price:
        raise Refusal(422, "Not enough points")
    about = {"source": "points_purchase", "title": reward["name"], "internal_note": None}
    entry = _book(programme, row, (-price, 0), about | {"external_note": None})
    shown = rivo_of(request).shelf.add_redemption({
        "customer_identifier": str(member_id_of(row)),
        "code": f"LK-{secrets.token_hex(4).upper()}",
        "name": reward["name"],
        "reward": reward,
        "source": "points_purchase",
        "reward_id": reward_id,
        "points_amount": price,
        "points_diff": -price,
        "credits_amount": credit_text(0),
        "applied_at": iso_z(entry.applied_us),
        "expires_at": None,
        "used_at": None,
        "refunded_at": None,
        "revoked_at": None,
    })  # fmt: skip
    return json_answer({"data": resource("points_redemption", shown["id"], shown)}, 201)


@router.get("/rewards")
async def list_rewards(request: Request) -> Response:
    """List the rewards."""
    programme = programme_of(request)
    return answer_page(
        request, programme.ground, _listing("reward", rivo_of(request).shelf.rewards())
    )


@router.get("/earning_rules")
async def list_rules(request: Request) -> Response:
    """List the earning rules."""
    programme = programme_of(request)
    return answer_page(
        request, programme.ground, _listing("earning_rule", rivo_of(request).shelf.rules())
    )


def _listing(kind: str, rows: list[dict[str, Any]]) -> Listing:
    return list_of(rows, lambda one: int(one["id"]), lambda one: resource(kind, one["id"], one))
