"""The routes of customers: list, read by id or e-mail, update."""

import re

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_z
from sandbox.programme.answers import Refusal
from sandbox.programme.member_rows import TIERS, first_row_beyond, member_id_of
from sandbox.programme.programme import Programme, programme_of
from sandbox.rivo.answers import BASE_PATH, read_form, resource
from sandbox.rivo.paging import Listing, answer_page, check_query, list_of
from sandbox.rivo.shown import find_tier, show_member

router = APIRouter(prefix=BASE_PATH)
DAY_OF_YEAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def get_member_row(programme: Programme, identifier: str) -> int:
    """Return the row of a member by id or e-mail.

    Raises:
        Refusal: with the switch's status (404) when Rivo does not know them.
    """
    row = programme.members.find_by_identifier(identifier)
    if row is None:
        raise Refusal(programme.ground.switches.rivo_unknown_customer_status, "Customer not found")
    return row


@router.get("/customers")
async def list_customers(request: Request) -> Response:
    """List members, guests and excluded customers alike, ids ascending."""
    programme = programme_of(request)
    check_query(request, programme.ground, frozenset())
    members = programme.members
    return answer_page(
        request,
        programme.ground,
        Listing(
            lambda since_id: members.walk(first_row_beyond(since_id)),
            members.slice,
            members.count,
            lambda row: resource(
                "customer", member_id_of(row), show_member(programme.ground, members, row)
            ),
        ),
    )


@router.get("/customers/{identifier}")
@router.get("/customers/{identifier}/advocate_stats")
async def get_customer(request: Request, identifier: str) -> Response:
    """Show one member."""
    programme = programme_of(request)
    row = get_member_row(programme, identifier)
    shown = resource(
        "customer", member_id_of(row), show_member(programme.ground, programme.members, row)
    )
    return json_answer({"data": shown})


@router.put("/customers/{identifier}")
async def update_customer(request: Request, identifier: str) -> Response:
    """Set a member's date of birth (`dob`, "MM-DD"), the one field that is seen in use."""
    programme = programme_of(request)
    row = get_member_row(programme, identifier)
    form = await read_form(request, json_too=True)
    if set(form) != {"dob"} or not DAY_OF_YEAR.fullmatch(str(form["dob"])):
        raise Refusal(422, "dob must be MM-DD")
    stamp = iso_z(programme.ground.platform_now_us())
    programme.members.update(row, {"dob": form["dob"], "dob_last_updated_at": stamp})
    programme.changed(row)
    shown = resource(
        "customer", member_id_of(row), show_member(programme.ground, programme.members, row)
    )
    return json_answer({"data": shown})


@router.get("/vip_tiers")
async def list_tiers(request: Request) -> Response:
    """List the tiers, not in order of their thresholds."""
    programme = programme_of(request)
    tiers = [find_tier(tier_id) or {} for tier_id, _, _ in TIERS]
    listing = list_of(
        tiers, lambda tier: int(tier["id"]), lambda tier: resource("vip_tier", tier["id"], tier)
    )
    return answer_page(request, programme.ground, listing)


@router.get("/vip_tiers/{tier_id}")
async def get_tier(tier_id: int) -> Response:
    """Show one tier."""
    tier = find_tier(tier_id)
    if tier is None:
        raise Refusal(404, "Not found")
    return json_answer({"data": resource("vip_tier", tier_id, tier)})
