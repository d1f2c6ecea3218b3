"""What the control API of each platform has: members, the ledger, webhook deliveries."""

from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer, read_body, refuse
from sandbox.emails import PAIR
from sandbox.people import trouble_of
from sandbox.programme.answered import ABSENT, find_holder
from sandbox.programme.ledger import Entry
from sandbox.programme.programme import Programme, programme_of
from sandbox.programme.side import Side, side_of

router = APIRouter(prefix="/_sandbox")


def _trouble(programme: Programme, row: int) -> str | None:
    people = programme.ground.people
    if row >= people.members:
        return None
    owner = people.owner_of_member(row)
    return trouble_of(owner.number) if owner.kind == PAIR else "none"


def _whole(programme: Programme, side: Side, row: int) -> dict[str, Any]:
    return side.show(row) | {"trouble": _trouble(programme, row)}


def _find_row(request: Request, member_id: str) -> int | None:
    """Return the row of somebody who is there."""
    row = side_of(request).find_row(member_id)
    return None if row is None else programme_of(request).members.find_there(row)


@router.get("/members")
async def list_members(request: Request) -> Response:
    """Return members' attributes in order of their rows, with `status` and `trouble`.

    `limit` (default 1000) and `after_id` page through them; `trouble` keeps those with one;
    `count` is how many members there are.
    """
    programme, side = programme_of(request), side_of(request)
    limit = int(request.query_params.get("limit", 1000))
    after = side.find_row(request.query_params.get("after_id", ""))
    trouble = request.query_params.get("trouble")
    rows = programme.members.walk(0 if after is None else after + 1)
    kept = (row for row in rows if not trouble or _trouble(programme, row) == trouble)
    data = [_whole(programme, side, row) for row in islice(kept, limit)]
    return json_answer({"count": programme.members.count, "data": data})


@router.get("/members/{member_id}")
async def get_member(request: Request, member_id: str) -> Response:
    """Return one member."""
    programme = programme_of(request)
    row = _find_row(request, member_id)
    return (
        refuse("no such member", 404)
        if row is None
        else json_answer(_whole(programme, side_of(request), row))
    )


@router.get("/answers")
async def list_answers(request: Request) -> Response:
    """Return members as this platform's list answers of them, in order of their rows.

    `limit` as above. Beside `data` stands what else a caller reads to understand them.
    """
    programme, side = programme_of(request), side_of(request)
    limit = int(request.query_params.get("limit", 1000))
    data = [side.answer(row) for row in islice(programme.members.walk(), limit)]
    return json_answer({"data": data, **side.beside()})


@router.patch("/answers/{member_id}")
async def change_answer(request: Request, member_id: str) -> Response:
    """Have this platform answer otherwise of a member: `{"set": {place: value}, "drop": [place]}`.

    Whatever the programme holds, and on this platform alone.
    """
    programme, side = programme_of(request), side_of(request)
    row, body = _find_row(request, member_id), await read_body(request)
    if row is None:
        return refuse("no such member", 404)
    changes = dict(body.get("set", {})) | dict.fromkeys(body.get("drop", []), ABSENT)
    shown = side.answer(row)
    homeless = sorted(place for place in changes if find_holder(shown, place)[0] is None)
    if homeless:
        return refuse(f"no object to hold {', '.join(homeless)}")
    programme.answer_otherwise(side.name, row, changes)
    return json_answer(side.answer(row))


@router.delete("/answers/{member_id}")
async def put_answer_back(request: Request, member_id: str) -> Response:
    """Have this platform answer of a member what the programme holds."""
    programme, side = programme_of(request), side_of(request)
    row = _find_row(request, member_id)
    if row is None:
        return refuse("no such member", 404)
    programme.members.answered.forget(side.name, row)
    programme.answer_otherwise(side.name, row, {})
    return json_answer(side.answer(row))


@router.post("/members")
async def add_member(request: Request) -> Response:
    """Add a member with the attributes in the body; the others are blank."""
    programme = programme_of(request)
    try:
        row = programme.members.add(await read_body(request))
    except ValueError as refused:
        return refuse(str(refused))
    return json_answer(_whole(programme, side_of(request), row), 201)


@router.patch("/members/{member_id}")
async def change_member(request: Request, member_id: str) -> Response:
    """Set attributes without a ledger entry.

    Names as in REST answers, but `status` (member, guest, excluded), `status_changed_at`, `tier_id`
    and `points_expire_at_us`.
    """
    programme = programme_of(request)
    row = _find_row(request, member_id)
    if row is None:
        return refuse("no such member", 404)
    try:
        programme.members.update(row, await read_body(request))
    except ValueError as refused:
        return refuse(str(refused))
    programme.changed(row)
    return json_answer(_whole(programme, side_of(request), row))


@router.delete("/members/{member_id}")
async def take_member_away(request: Request, member_id: str) -> Response:
    """Take a member out of the programme: 404 from now on, and no longer listed."""
    programme = programme_of(request)
    row = _find_row(request, member_id)
    if row is None:
        return refuse("no such member", 404)
    programme.members.remove(row)
    return Response(b"", 204)


@router.post("/members/{member_id}/merge")
async def merge_member(request: Request, member_id: str) -> Response:
    """Merge a member into `{"into": id}`; a switch tells what the old id answers from then on."""
    programme, side = programme_of(request), side_of(request)
    body = await read_body(request)
    row, into = _find_row(request, member_id), _find_row(request, str(body.get("into")))
    if row is None or into is None or row == into:
        return refuse("no such members", 404)
    programme.members.merge(row, into)
    programme.changed(into)
    return json_answer(_whole(programme, side, into))


@router.get("/ledger")
async def list_ledger(request: Request) -> Response:
    """Return ledger entries with signed amounts: those that callers made, or all of `member_id`.

    `unseen` of those that callers made do not show on the platform yet.
    """
    programme = programme_of(request)
    entries: list[Entry] = programme.ledger.new
    if "member_id" in request.query_params:
        row = _find_row(request, request.query_params["member_id"])
        entries = [] if row is None else programme.ledger.of_member(row)
    return json_answer({
        "count": len(entries),
        "unseen": programme.ledger.count_unseen(),
        "data": [_entry(side_of(request), entry) for entry in entries],
    })  # fmt: skip


@router.post("/members/{member_id}/ledger")
async def add_entry(request: Request, member_id: str) -> Response:
    """Book something as the programme itself does: `{"points", "credits_cents", "source", "title"}`
    and the other fields of an entry; `order` is `[id, number]`. What is left out is none.
    """
    programme, side = programme_of(request), side_of(request)
    row, body = _find_row(request, member_id), await read_body(request)
    if row is None:
        return refuse("no such member", 404)
    amounts = body.pop("points", 0), body.pop("credits_cents", 0)
    if order := body.get("order"):
        body["order"] = tuple(order)
    nothing = dict.fromkeys(("internal_note", "external_note"))
    try:
        entry = programme.book(row, amounts, {"source": "manual", "title": "", **nothing, **body})
    except TypeError:
        return refuse("no such field of an entry")
    return json_answer(_entry(side, entry), 201)


@router.post("/ledger/{entry_id}/revoke")
async def revoke_entry(request: Request, entry_id: int) -> Response:
    """Take back what a caller booked, as staff can in the platform's admin."""
    programme, side = programme_of(request), side_of(request)
    entry = programme.ledger.revoke(entry_id) if side.shows_revoked else None
    if entry is None:
        return refuse("no such booking, or a platform that takes none back", 404)
    programme.changed(entry.member_row)
    return json_answer(_entry(side, entry))


def _entry(side: Side, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "member_id": side.id_of(entry.member_row),
        "points": entry.points,
        "credits": f"{entry.credits_cents / 100:.2f}",
        "source": entry.source,
        "internal_note": entry.internal_note,
        "external_note": entry.external_note,
        "revoked": entry.revoked_us is not None,
        "hidden": entry.hidden,
        "pending": entry.pending,
        "foreign_id": entry.foreign_id,
        "title": entry.title,
        "applied_us": entry.applied_us,
        "due_us": entry.due_us,
        "order": entry.order,
    }


@router.post("/keys")
async def replace_keys(request: Request) -> Response:
    """Replace `{"api_key": new, "webhook_secret": new}`, or one of them; old ones end at once."""
    side, body = side_of(request), await read_body(request)
    if "api_key" in body:
        side.replace_key(str(body["api_key"]))
    if "webhook_secret" in body and not side.replace_webhook_secret(str(body["webhook_secret"])):
        return refuse("this platform signs no webhooks")
    return Response(b"", 204)


@router.get("/deliveries")
async def list_deliveries(request: Request) -> Response:
    """Return every try of a webhook delivery."""
    return json_answer({"data": side_of(request).deliveries()})
