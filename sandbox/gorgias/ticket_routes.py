"""The routes of tickets, their tags and their messages."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.gorgias import ticket_deeds
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import (
    ApiError,
    empty_answer,
    not_found,
    read_flag,
    read_object,
    read_query,
    read_whole,
)
from sandbox.gorgias.customer_routes import HIGHEST_ID
from sandbox.gorgias.customer_rows import Channel, customer_id_of
from sandbox.gorgias.paging import PAGING, Key, Listing, Walk, answer_page, both_ways, walk_keys
from sandbox.gorgias.whole_tickets import full_ticket

router = APIRouter(prefix="/api")
FILTERS = {"customer_id", "external_id", "view_id", "rule_id", "ticket_ids", "trashed"}
PLAIN = {
    "external_id", "language", "status", "priority", "channel", "via", "from_agent", "subject",
    "assignee_user", "assignee_team", "meta", "is_unread", "spam", "snooze_datetime",
    "closed_datetime", "trashed_datetime", "opened_datetime",
}  # fmt: skip
SETTABLE = PLAIN | {"customer", "tags", "messages", "custom_fields"}
MESSAGE_KEYS = {
    "channel", "via", "from_agent", "public", "sender", "receiver", "source", "subject",
    "body_text", "body_html", "stripped_text", "attachments", "external_id", "mention_ids", "meta",
    "sent_datetime", "created_datetime", "message_id", "integration_id", "headers",
}  # fmt: skip
STATUSES, PRIORITIES = ("open", "closed"), ("critical", "high", "normal", "low")


def get_row(account: Account, ticket_id: int) -> int:
    """Return the row of a ticket.

    Raises:
        ApiError: 404 when there is none.
    """
    row = account.tickets.find_row(ticket_id)
    if row is None:
        raise not_found()
    return row


@router.get("/tickets")
async def list_tickets(request: Request) -> Response:
    """List tickets; those in the trash too, unless `trashed=false`."""
    account = account_of(request)
    query = read_query(request, PAGING | FILTERS)
    tickets = account.tickets
    by_created: Walk = tickets.by_created.walk
    by_updated: Walk = tickets.by_updated.walk
    found = _rows_of_filter(request, account, query)
    if found is not None:
        by_created = walk_keys((tickets.by_created.stamp(row), row) for row in found)
        by_updated = walk_keys((tickets.by_updated.stamp(row), row) for row in found)
    orders = both_ways("created_datetime", by_created) | both_ways("updated_datetime", by_updated)
    with_trash = read_flag(query.get("trashed", "true"), "trashed")
    external_id = query.get("external_id")

    def keep(row: int) -> bool:
        if external_id and tickets.changes.get(row, {}).get("external_id") != external_id:
            return False
        return with_trash or not tickets.is_trashed(row)

    def render(row: int) -> Any:
        customer = tickets.customer_row(row)
        thin = None if customer is None else account.customers.thin(customer)
        return tickets.list_row(row) | {"customer": thin}

    return answer_page(request, account.ground, Listing(orders, render, keep))


def _rows_of_filter(request: Request, account: Account, query: dict[str, str]) -> list[int] | None:
    if "customer_id" in query:
        customer_id = read_whole(query["customer_id"], "customer_id", 0, HIGHEST_ID)
        row = account.customers.find_row(customer_id)
        return [] if row is None else account.tickets.rows_of_customer(row)
    if "ticket_ids" in query:
        ids = request.query_params.getlist("ticket_ids")
        if len(ids) > 100:
            raise ApiError(400, "Bad query parameter.", {"ticket_ids": ["At most 100."]})
        rows = [
            account.tickets.find_row(read_whole(text, "ticket_ids", 0, HIGHEST_ID)) for text in ids
        ]
        return [row for row in rows if row is not None]
    return None


@router.post("/tickets")
async def create_ticket(request: Request) -> Response:
    """Create a ticket with its first messages; an unknown customer e-mail creates a customer."""
    account = account_of(request)
    read_query(request, ())
    body = await read_object(request, SETTABLE, {"messages"})
    messages = body["messages"]
    if not isinstance(messages, list) or not 1 <= len(messages) <= 500:
        raise ApiError(400, "The request has invalid fields.", {"messages": ["1 to 500 messages."]})
    for message in messages:
        ticket_deeds.check_message(message)
    _check_ticket(body)
    fields = {name: body[name] for name in PLAIN if name in body}
    fields["customer_row"] = _customer_row(account, body.get("customer"))
    fields["tag_ids"] = [ticket_deeds.find_tag_id(account, tag) for tag in body.get("tags") or ()]
    row = ticket_deeds.create(account, fields, messages)
    return json_answer(full_ticket(account, row), 201)


@router.get("/tickets/{ticket_id}")
async def get_ticket(request: Request, ticket_id: int) -> Response:
    """Show one ticket in full."""
    account = account_of(request)
    read_query(request, {"relationships"})
    return json_answer(full_ticket(account, get_row(account, ticket_id)))


@router.put("/tickets/{ticket_id}")
async def update_ticket(request: Request, ticket_id: int) -> Response:
    """Change what the body names; `tags` replaces all tags."""
    account = account_of(request)
    read_query(request, ())
    row = get_row(account, ticket_id)
    body = await read_object(request, SETTABLE - {"messages"})
    _check_ticket(body)
    changes = {name: body[name] for name in PLAIN if name in body}
    if "customer" in body:
        changes["customer_row"] = _customer_row(account, body["customer"])
    if "tags" in body:
        changes["tag_ids"] = [ticket_deeds.find_tag_id(account, tag) for tag in body["tags"]]
    ticket_deeds.update(account, row, changes)
    return json_answer(full_ticket(account, row), 202)


@router.delete("/tickets/{ticket_id}")
async def delete_ticket(request: Request, ticket_id: int) -> Response:
    """Delete one ticket."""
    account = account_of(request)
    read_query(request, ())
    account.tickets.remove(get_row(account, ticket_id))
    return empty_answer(204)


def _check_ticket(body: dict[str, Any]) -> None:
    wrong: dict[str, Any] = {}
    if body.get("status", "open") not in STATUSES:
        wrong["status"] = ["Not a valid choice."]
    if body.get("priority", "normal") not in PRIORITIES:
        wrong["priority"] = ["Not a valid choice."]
    if len(body.get("subject") or "") > 998:
        wrong["subject"] = ["Longer than maximum length 998."]
    if wrong:
        raise ApiError(400, "The request has invalid fields.", wrong)


def _customer_row(account: Account, reference: Any) -> int | None:
    if reference is None:
        return None
    if "id" in reference:
        row = account.customers.find_row(reference["id"])
        if row is None:
            raise ApiError(400, "The request has invalid fields.", {"customer": ["Not found."]})
        return row
    email = str(reference.get("email", "")).lower()
    rows = account.customers.rows_with_address(email)
    if rows:
        return rows[0]
    fields: dict[str, Any] = dict.fromkeys(("external_id", "language", "timezone", "note", "meta"))
    fields |= {"active": True, "name": reference.get("name"), "email": email}
    row = account.customers.create(fields | {"channels": [Channel("email", email, True)]})
    account.events.add("customer-created", "Customer", customer_id_of(row))
    return row


async def _read_tag_ids(request: Request, account: Account) -> list[int]:
    body = await read_object(request, {"ids", "names"})
    references = [{"id": tag_id} for tag_id in body.get("ids") or ()]
    references += [{"name": name} for name in body.get("names") or ()]
    return [ticket_deeds.find_tag_id(account, reference) for reference in references]


@router.get("/tickets/{ticket_id}/tags")
async def list_ticket_tags(request: Request, ticket_id: int) -> Response:
    """List a ticket's tags, not in pages."""
    account = account_of(request)
    read_query(request, ())
    return json_answer({"data": account.tickets.tags(get_row(account, ticket_id))})


@router.post("/tickets/{ticket_id}/tags")
async def add_ticket_tags(request: Request, ticket_id: int) -> Response:
    """Add tags by id or name."""
    account = account_of(request)
    row = get_row(account, ticket_id)
    ticket_deeds.add_tags(account, row, await _read_tag_ids(request, account))
    return empty_answer(201)


@router.put("/tickets/{ticket_id}/tags")
async def replace_ticket_tags(request: Request, ticket_id: int) -> Response:
    """Replace all tags."""
    account = account_of(request)
    row = get_row(account, ticket_id)
    ticket_deeds.update(account, row, {"tag_ids": await _read_tag_ids(request, account)})
    return empty_answer(202)


@router.delete("/tickets/{ticket_id}/tags")
async def remove_ticket_tags(request: Request, ticket_id: int) -> Response:
    """Remove tags; this DELETE has a JSON body."""
    account = account_of(request)
    row = get_row(account, ticket_id)
    ticket_deeds.remove_tags(account, row, await _read_tag_ids(request, account))
    return empty_answer(204)


@router.get("/tickets/{ticket_id}/messages")
async def list_ticket_messages(request: Request, ticket_id: int) -> Response:
    """List the messages of one ticket."""
    return _answer_messages(request, ticket_id, ())


@router.get("/messages")
async def list_messages(request: Request) -> Response:
    """List the messages of the ticket that the query names, or of all."""
    if "ticket_id" not in request.query_params:
        return _answer_all_messages(request)
    ticket_id = read_whole(request.query_params["ticket_id"], "ticket_id", 0, HIGHEST_ID)
    return _answer_messages(request, ticket_id, ("ticket_id",))


def _answer_all_messages(request: Request) -> Response:
    account = account_of(request)
    read_query(request, PAGING)
    tickets = account.tickets

    def walk(after: Key | None, down: bool) -> Iterator[Key]:  # noqa: FBT001 - as TimeOrder.walk
        ids = tickets.message_ids()
        if after is not None:
            place = ids.index(after[-1])
            ids = ids[:place] if down else ids[place + 1 :]
        for message_id in reversed(ids) if down else ids:
            if tickets.find_message(message_id) is not None:
                yield message_id, message_id

    orders = both_ways("created_datetime", walk)
    return answer_page(request, account.ground, Listing(orders, tickets.find_message))


def _answer_messages(request: Request, ticket_id: int, allowed: tuple[str, ...]) -> Response:
    account = account_of(request)
    read_query(request, PAGING | set(allowed))
    messages = {m["id"]: m for m in account.tickets.messages(get_row(account, ticket_id))}
    orders = both_ways("created_datetime", walk_keys((key, key) for key in messages))
    return answer_page(request, account.ground, Listing(orders, messages.__getitem__))


@router.post("/tickets/{ticket_id}/messages")
async def create_message(request: Request, ticket_id: int) -> Response:
    """Add a message: a reply or, on the channel `internal-note`, a note."""
    account = account_of(request)
    read_query(request, {"action"})
    row = get_row(account, ticket_id)
    body = await read_object(request, MESSAGE_KEYS)
    return json_answer(ticket_deeds.add_message(account, row, body), 201)
