"""What only the Gorgias server's control API has: its objects and the OAuth state."""

from datetime import datetime
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer, read_body, refuse
from sandbox.clock import to_us
from sandbox.emails import PAIR
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.customer_routes import delete_rows, merge_rows
from sandbox.gorgias.customer_rows import Channel
from sandbox.gorgias.desk import PERSON_ID
from sandbox.gorgias.whole_tickets import full_ticket
from sandbox.people import trouble_of

router = APIRouter(prefix="/_sandbox")
PLAIN = {"email", "name", "external_id", "language", "timezone", "note", "meta", "active"}


def _trouble(account: Account, row: int) -> str | None:
    people = account.ground.people
    if row >= people.customers:
        return None
    owner = people.owner_of_customer(row)
    return trouble_of(owner.number) if owner.kind == PAIR else "none"


def _is_paired(account: Account, row: int) -> bool:
    people = account.ground.people
    return row < people.customers and people.owner_of_customer(row).kind == PAIR


def _whole(account: Account, row: int) -> dict[str, Any]:
    values = account.customers.field_values(row)
    return account.customers.full(row) | {
        "custom_field_values": values,
        "trouble": _trouble(account, row),
        "paired": _is_paired(account, row),
    }


@router.get("/customers")
async def list_whole_customers(request: Request) -> Response:
    """Return customers in full with `data` and `custom_field_values`, in order of id.

    `limit` (default 1000) and `after_id` page through them; `trouble` keeps those with one;
    `count` is how many customers there are.
    """
    account = account_of(request)
    limit = int(request.query_params.get("limit", 1000))
    after_id = int(request.query_params.get("after_id", 0))
    start = account.customers.first_row_beyond(after_id)
    rows = (
        row for row in range(start, account.customers.size) if row not in account.customers.gone
    )
    trouble = request.query_params.get("trouble")
    kept = (row for row in rows if not trouble or _trouble(account, row) == trouble)
    data = [_whole(account, row) for row in islice(kept, limit)]
    return json_answer({"count": account.customers.count, "data": data})


@router.get("/customers/{customer_id}")
async def get_whole_customer(request: Request, customer_id: int) -> Response:
    """Return one customer in full, or `{"gone": true, "survivor_id"}`."""
    account = account_of(request)
    row = account.customers.find_row(customer_id)
    if row is None:
        survivor = account.customers.find_survivor(customer_id)
        return json_answer({"gone": True, "survivor_id": survivor}, 404)
    return json_answer(_whole(account, row))


@router.patch("/customers/{customer_id}")
async def change_customer(request: Request, customer_id: int) -> Response:
    """Set fields as a person in the helpdesk would, without the API's checks.

    Also `channels` ([{"type", "address", "preferred"?}]), `data`, `external_data` ({app id:
    content}), `custom_fields` ({id: value}), `integrations` ({id: content}) and
    `updated_datetime`. An `email` without `channels` replaces the first e-mail channel.
    """
    account = account_of(request)
    row = account.customers.find_row(customer_id)
    if row is None:
        return refuse("no such customer", 404)
    body = await read_body(request)
    changes = {name: body[name] for name in PLAIN if name in body}
    if "channels" in body:
        changes["channels"] = [
            Channel(one["type"], one["address"], bool(one.get("preferred", True)))
            for one in body["channels"]
        ]
    elif "email" in body:
        held = account.customers.fields(row)["channels"]
        kept = [one for one in held if one.type != "email" or not one.preferred]
        first = [Channel("email", body["email"], True)] if body["email"] else []
        changes["channels"] = first + kept
    if body.keys() != {"custom_fields"}:  # which alone moves no `updated_datetime`
        account.customers.update(row, changes)
    if "data" in body:
        account.customers.push(row, "data", body["data"], None)
    for app_id, content in body.get("external_data", {}).items():
        account.customers.push(row, app_id, content, None)
    if "custom_fields" in body:
        values = {int(key): value for key, value in body["custom_fields"].items()}
        account.customers.set_field_values(row, values)
        kind = account.ground.switches.field_write_event_type
        account.events.add(kind, "Customer", customer_id, user_id=PERSON_ID)
    for key, content in body.get("integrations", {}).items():
        account.customers.set_integration(row, key, content)
    if "updated_datetime" in body:
        moment = datetime.fromisoformat(body["updated_datetime"])
        account.customers.by_updated.move(row, to_us(moment))
    return json_answer(_whole(account, row))


@router.delete("/customers/{customer_id}")
async def take_customer_away(request: Request, customer_id: int) -> Response:
    """Delete a customer."""
    account = account_of(request)
    row = account.customers.find_row(customer_id)
    if row is None:
        return refuse("no such customer", 404)
    delete_rows(account, [row])
    return Response(b"", 204)


@router.post("/customers/{customer_id}/merge")
async def merge_customer(request: Request, customer_id: int) -> Response:
    """Merge a customer into `{"into": id}`, as an agent does in the helpdesk."""
    account = account_of(request)
    body = await read_body(request)
    source = account.customers.find_row(customer_id)
    target = account.customers.find_row(int(body.get("into", 0)))
    if source is None or target is None or source == target:
        return refuse("no such customers", 404)
    merge_rows(account, source, target)
    return json_answer(_whole(account, target))


@router.get("/tickets/{ticket_id}")
async def get_whole_ticket(request: Request, ticket_id: int) -> Response:
    """Return one ticket with its messages."""
    account = account_of(request)
    row = account.tickets.find_row(ticket_id)
    if row is None:
        return refuse("no such ticket", 404)
    return json_answer(full_ticket(account, row))


@router.post("/tickets/{ticket_id}/touch")
async def touch_ticket(request: Request, ticket_id: int) -> Response:
    """Make a ticket look updated now, as a new message from the customer would."""
    account = account_of(request)
    row = account.tickets.find_row(ticket_id)
    if row is None:
        return refuse("no such ticket", 404)
    account.tickets.update(row, {})
    return json_answer(full_ticket(account, row))


@router.get("/integrations")
async def list_integrations(request: Request) -> Response:
    """Return how often each HTTP integration was called, and what became of its last calls."""
    account = account_of(request)
    data = [
        {
            "id": one["id"],
            "name": one["name"],
            "deactivated_datetime": one["deactivated_datetime"],
            **account.deliveries.record(one["id"]).shown(),
        }
        for one in account.desk.integrations.held.values()
    ]
    return json_answer({"data": data})


@router.post("/keys")
async def replace_key(request: Request) -> Response:
    """Take `{"api_key": new}` from now on, and the present one no more."""
    account_of(request).access.api_key = str((await read_body(request))["api_key"])
    return Response(b"", 204)


@router.post("/oauth")
async def change_oauth(request: Request) -> Response:
    """Change the app's login: `{"expire": true}`, `{"revoke": true}`, `{"scopes": [..]}`.

    Expired access tokens can be refreshed; after a revocation the refresh token is dead too.
    Answers with the one that is good now, as whoever installs the app anew gets it.
    """
    tokens = account_of(request).access.tokens
    body = await read_body(request)
    if body.get("expire") or body.get("revoke"):
        tokens.access.clear()
    if body.get("revoke"):
        tokens.rotate()
    if "scopes" in body:
        tokens.scopes = frozenset(body["scopes"])
    return json_answer({"scopes": sorted(tokens.scopes), "refresh_token": tokens.refresh_token})
