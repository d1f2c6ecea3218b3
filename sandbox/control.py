"""The control API that all servers have under `/_sandbox/`: figures, faults, switches, ticks.

It needs no login, listens on this machine only, fills no bucket and is not counted. Answers are
JSON; a request it does not understand is a 400 with `{"error": text}`.
"""

import random
from dataclasses import asdict
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer, read_body, refuse
from sandbox.gate import Server
from sandbox.gorgias.customer_rows import customer_id_of
from sandbox.programme.member_rows import TIER_IDS_BY_RANK, credit_text
from sandbox.programme.member_store import Members
from sandbox.programme.other_answers import change_answers
from sandbox.programme.side import Side
from sandbox.world import World, world_of

router = APIRouter(prefix="/_sandbox")
TRIES_PER_MEMBER = 50
# Pairs with these troubles match by e-mail all the same, so a change of theirs shows on a card.
MATCHING = {
    "none", "member_mixed_case", "customer_mixed_case", "customer_padded", "member_padded",
    "html_name", "formula_name", "other_tool", "zero_balance", "negative_balance", "idna_domain",
    "unicode_local", "wide_letters", "customer_no_name",
}  # fmt: skip


def server_of(request: Request) -> Server:
    """Return the figures and faults of the server that was asked."""
    return cast("Server", request.app.state.server)


@router.get("/counters")
async def get_counters(request: Request) -> Response:
    """Return requests by method, route and status, 429s, and the use of the bucket over time."""
    return json_answer(server_of(request).counters.report())


@router.get("/requests")
async def list_requests(request: Request) -> Response:
    """Return the last requests: second, method, path, status."""
    return json_answer({"data": server_of(request).counters.requests()})


@router.get("/buckets")
async def list_buckets(request: Request) -> Response:
    """Return how full each bucket is now."""
    now_s = world_of(request).ground.clock.run_s()
    buckets = request.app.state.access.buckets
    return json_answer({
        kind: {"used": bucket.used(now_s), "limit": bucket.limit}
        for kind, bucket in buckets.items()
    })  # fmt: skip


@router.post("/reset")
async def reset(request: Request) -> Response:
    """Forget `{"counters": bool, "data": bool, "faults": bool, "buckets": bool}`.

    Without a body everything but the data. Data is shared by both servers, the rest is not.
    """
    world, server = world_of(request), server_of(request)
    wanted = await read_body(request) or dict.fromkeys(("counters", "faults", "buckets"), True)
    if wanted.get("counters"):
        server.counters.reset()
    if wanted.get("faults"):
        server.faults.clear()
    if wanted.get("buckets"):
        for bucket in request.app.state.access.buckets.values():
            bucket.empty()
    if wanted.get("data"):
        world.reset()
    return json_answer({"reset": sorted(name for name, on in wanted.items() if on)})


@router.get("/switches")
async def get_switches(request: Request) -> Response:
    """Return all switches."""
    return json_answer(asdict(world_of(request).ground.switches))


@router.post("/switches")
async def set_switches(request: Request) -> Response:
    """Set the switches that the body names; return all."""
    world = world_of(request)
    try:
        world.set_switches(await read_body(request))
    except ValueError as refused:
        return refuse(str(refused))
    return json_answer(asdict(world.ground.switches))


@router.get("/faults")
async def list_faults(request: Request) -> Response:
    """Return the rules with how often each fired."""
    return json_answer({"data": [rule.report() for rule in server_of(request).faults.rules]})


@router.post("/faults")
async def add_faults(request: Request) -> Response:
    """Add one rule, or several under `rules`; return them with their ids."""
    body = await read_body(request)
    faults = server_of(request).faults
    try:
        rules = [faults.add(rule) for rule in body.get("rules", [body])]
    except (ValueError, TypeError) as refused:
        return refuse(str(refused))
    return json_answer({"data": [rule.report() for rule in rules]}, 201)


@router.delete("/faults")
async def clear_faults(request: Request) -> Response:
    """Take all rules away."""
    server_of(request).faults.clear()
    return Response(b"", 204)


@router.post("/load")
async def load_bucket(request: Request) -> Response:
    """Let another tool use the bucket: `{"share", "seconds", "fill"?, "auth"?}`.

    `share` of the leak rate for so many sandbox seconds; `fill` requests at once; `auth` is
    `api_key` (default) or, on Gorgias only, `oauth`.
    """
    body = await read_body(request)
    now_s = world_of(request).ground.clock.run_s()
    bucket = request.app.state.access.buckets[body.get("auth", "api_key")]
    bucket.fill(now_s, float(body.get("fill", 0)))
    bucket.load(now_s, float(body.get("share", 0)), float(body.get("seconds", 0)))
    return json_answer({"used": bucket.used(now_s), "limit": bucket.limit})


@router.post("/clock")
async def skip_time(request: Request) -> Response:
    """Let `{"skip_s": n}` sandbox seconds be over at once: what is waited for is there."""
    clock = world_of(request).ground.clock
    clock.skip(float((await read_body(request))["skip_s"]))
    return json_answer({"run_s": clock.run_s()})


@router.post("/tick")
async def tick(request: Request) -> Response:
    """Make `{"members": k, "seed": s}` members change so that it shows on their cards.

    Only members whose customer matches by e-mail, unless `"paired": false`. With `"answers": true`
    each changes at another place of the asked platform's answers instead, in turn to somebody
    else's value, to null and to nothing. Answers their ids on the platform that was asked, and
    those of their customers in the same order; and the `places`, where it was these.
    """
    world = world_of(request)
    body = await read_body(request)
    count, dice = int(body.get("members", 1)), random.Random(int(body.get("seed", 0)))
    rows = _pick_members(world, dice, count, paired=bool(body.get("paired", True)))
    side: Side = getattr(request.app.state, "side", None) or next(iter(world.sides.values()))
    places = change_answers(side, rows, dice) if body.get("answers") else []
    for row in [] if body.get("answers") else rows:
        _change_member(world.programme.members, row, dice)
        world.programme.changed(row)
    owners = [world.ground.people.owner_of_member(row) for row in rows]
    customers = [world.ground.people.find_customer_row(owner) for owner in owners]
    return json_answer({
        "member_ids": [side.id_of(row) for row in rows],
        "customer_ids": [None if row is None else customer_id_of(row) for row in customers],
        "places": places,
    })  # fmt: skip


@router.get("/ids")
async def list_ids(request: Request) -> Response:
    """Return each member's ids by the platforms' names."""
    world = world_of(request)
    sides = world.sides.values()
    rows = world.programme.members.walk()
    return json_answer({"data": [{side.name: side.id_of(row) for side in sides} for row in rows]})


def _pick_members(world: World, dice: random.Random, count: int, *, paired: bool) -> list[int]:
    people = world.ground.people
    picked: dict[int, None] = {}
    for _ in range(TRIES_PER_MEMBER * count + 1000):
        if len(picked) >= count or not people.members:
            break
        row = dice.randrange(people.members)
        if row in world.programme.members.gone or (paired and not _matches(world, row)):
            continue
        picked[row] = None
    return list(picked)


def _matches(world: World, row: int) -> bool:
    person = world.ground.people.person(world.ground.people.owner_of_member(row))
    customer_row = world.ground.people.find_customer_row(person.owner)
    return (
        person.trouble in MATCHING
        and customer_row is not None
        and customer_row not in world.account.customers.gone
    )


def _change_member(members: Members, row: int, dice: random.Random) -> None:
    held = members.fields(row)
    deed = dice.randrange(10)
    if deed == 0:
        others = [tier_id for tier_id in TIER_IDS_BY_RANK if tier_id != held["tier_id"]]
        members.update(row, {"tier_id": dice.choice(others)})
    elif deed == 1:
        cents = round(float(held["credits_tally"]) * 100) + dice.randrange(1, 50) * 10
        members.update(row, {"credits_tally": credit_text(cents)})
    else:
        members.update(row, {"points_tally": held["points_tally"] + dice.randrange(1, 400)})
