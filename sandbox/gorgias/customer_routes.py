"""The routes of customers: list, read, create, update, delete, merge."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.emails import fold
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import (
    ApiError,
    empty_answer,
    not_found,
    read_object,
    read_query,
    read_whole,
)
from sandbox.gorgias.customer_rows import Channel, customer_id_of
from sandbox.gorgias.customer_store import Customers
from sandbox.gorgias.field_values import read_pairs
from sandbox.gorgias.integrations import customer_written
from sandbox.gorgias.paging import PAGING, Listing, Walk, answer_page, both_ways, walk_keys

router = APIRouter(prefix="/api/customers")
FILTERS = {
    "email", "external_id", "name", "language", "timezone", "view_id", "channel_type",
    "channel_address",
}  # fmt: skip
SETTABLE = {
    "name", "email", "external_id", "language", "timezone", "note", "channels", "meta", "data",
    "custom_fields",
}  # fmt: skip
PLAIN = ("name", "external_id", "language", "timezone", "note", "meta")
HIGHEST_ID = 2**63


def get_row(account: Account, customer_id: int) -> int:
    """Return the row of a customer.

    Raises:
        ApiError: 404 when deleted or never there; what the switch says when merged.
    """
    row = account.customers.find_row(customer_id)
    if row is not None:
        return row
    survivor = account.customers.find_survivor(customer_id)
    if survivor is not None and account.ground.switches.merged_customer_get_status == 301:
        raise ApiError(301, "", headers=location_of(account, survivor))
    raise not_found()


def location_of(account: Account, survivor: int) -> dict[str, str]:
    """Return the `Location` header for a merged customer, none unless the switch says so."""
    if not account.ground.switches.merged_location_header:
        return {}
    return {"location": f"/api/customers/{survivor}/"}


@router.get("")
async def list_customers(request: Request) -> Response:
    """List customers as thin rows."""
    account = account_of(request)
    query = read_query(request, PAGING | FILTERS)
    customers = account.customers
    by_created: Walk = customers.by_created.walk
    by_updated: Walk = customers.by_updated.walk
    found = _rows_of_filter(account, query)
    if found is not None:
        by_created = walk_keys((customers.by_created.stamp(row), row) for row in found)
        by_updated = walk_keys((customers.by_updated.stamp(row), row) for row in found)
    orders = both_ways("created_datetime", by_created) | both_ways("updated_datetime", by_updated)
    exact = {name: query[name] for name in ("name", "language", "timezone") if name in query}

    def keep(row: int) -> bool:
        fields = customers.fields(row)
        return all(fields[name] == value for name, value in exact.items())

    listing = Listing(orders, customers.list_row, keep if exact else None)
    return answer_page(request, account.ground, listing)


def _rows_of_filter(account: Account, query: dict[str, str]) -> list[int] | None:
    customers = account.customers
    if "channel_type" in query or "channel_address" in query:
        address, kind = query.get("channel_address", ""), query.get("channel_type")
        wanted = Channel(kind or "", address, True)[:2]
        return [
            row
            for row in customers.rows_with_address(address)
            if any(channel[:2] == wanted for channel in customers.fields(row)["channels"])
        ]
    if "email" in query:
        return [
            row
            for row in customers.rows_with_address(query["email"])
            if _same_email(account, customers.fields(row)["email"], query["email"])
        ]
    if "external_id" in query:
        return customers.rows_with_external_id(query["external_id"])
    return None


def _same_email(account: Account, held: str | None, asked: str) -> bool:
    if held is None or not account.ground.switches.email_filter_ignores_case:
        return held == asked
    return fold(held) == fold(asked)


@router.post("")
async def create_customer(request: Request) -> Response:
    """Create a customer; an e-mail channel also sets the e-mail, and the other way round."""
    account = account_of(request)
    read_query(request, ())
    body = await read_object(request, SETTABLE)
    changes = _read_changes(account, body, None)
    blank: dict[str, Any] = dict.fromkeys(PLAIN) | {"active": True, "email": None, "channels": []}
    values = read_pairs(account, body.get("custom_fields", []))
    row = account.customers.create(blank | changes)
    _store_extras(account, row, body, values)
    customer_id = customer_id_of(row)
    account.events.add("customer-created", "Customer", customer_id)
    return json_answer(account.customers.created_row(row), 201)


@router.put("/merge")
async def merge_customers(request: Request) -> Response:
    """Merge one customer into another; ids in the query, values for the survivor in the body."""
    account = account_of(request)
    query = read_query(request, {"source_id", "target_id"})
    ids = [read_whole(query.get(name), name, 0, HIGHEST_ID) for name in ("source_id", "target_id")]
    source, target = (get_row(account, customer_id) for customer_id in ids)
    if source == target:
        raise ApiError(409, "A customer cannot be merged into itself.")
    body, switches = await read_object(request, SETTABLE), account.ground.switches
    if not body and switches.merge_needs_a_field:
        raise ApiError(400, "The request has no fields.")
    changes = _read_changes(account, body, target)
    values = read_pairs(account, body.get("custom_fields", []))
    shared = account.customers.share_an_integration(source, target)
    if shared and switches.merge_conflicts_on_integrations:
        raise ApiError(409, "Both customers have data of the same integration.")
    merge_rows(account, source, target)
    if body and switches.merge_applies_body:
        account.customers.update(target, changes)
        _store_extras(account, target, body, values)
    return json_answer(account.customers.full(target), 202)


def merge_rows(account: Account, source: int, target: int) -> None:
    """Give a customer's channels and tickets to another, and take the customer away."""
    customers = account.customers
    kept: list[Channel] = list(customers.fields(target)["channels"])
    held = {channel[:2] for channel in kept}
    brought = customers.fields(source)["channels"]
    kept += [one._replace(preferred=False) for one in brought if one[:2] not in held]
    touches = account.ground.switches.merge_touches_customer
    customers.update(target, {"channels": kept}, touches=touches)
    account.tickets.hand_over(source, target)
    customers.remove(source, target)
    source_id, target_id = customer_id_of(source), customer_id_of(target)
    account.events.add("customer-deleted", "Customer", source_id)
    kind = account.ground.switches.customer_merge_event_type
    account.events.add(kind, "Customer", target_id, {"source_customer_id": source_id})


@router.get("/{customer_id}")
async def get_customer(request: Request, customer_id: int) -> Response:
    """Show one customer in full."""
    account = account_of(request)
    query = read_query(request, {"relationships"})
    if query.get("relationships", "custom_fields") != "custom_fields":
        raise ApiError(400, "Bad query parameter.", {"relationships": ["Not a valid choice."]})
    return json_answer(account.customers.full(get_row(account, customer_id)))


@router.put("/{customer_id}")
async def update_customer(request: Request, customer_id: int) -> Response:
    """Change what the body names; `channels` replaces all channels."""
    account = account_of(request)
    read_query(request, ())
    row = get_row(account, customer_id)
    allowed = SETTABLE
    if not account.ground.switches.customer_update_accepts_meta_and_custom_fields:
        allowed = SETTABLE - {"meta", "custom_fields"}
    body = await read_object(request, allowed)
    changes = _read_changes(account, body, row)
    values = read_pairs(account, body.get("custom_fields", []))
    switches = account.ground.switches
    touches = bool(
        changes
        or ("data" in body and switches.data_write_touches_customer)
        or (values and switches.field_write_touches_customer)
    )
    account.customers.update(row, changes, touches=touches)
    _store_extras(account, row, body, values)
    data_counts = "data" in body and switches.data_write_fires_ticket_updated
    fields_count = bool(values) and switches.field_write_fires_ticket_updated
    customer_written(account, row, counts=data_counts or fields_count)
    return json_answer(account.customers.full(row), 202)


@router.delete("/{customer_id}")
async def delete_customer(request: Request, customer_id: int) -> Response:
    """Delete one customer."""
    account = account_of(request)
    read_query(request, ())
    delete_rows(account, [get_row(account, customer_id)])
    return empty_answer(204)


@router.delete("")
async def delete_customers(request: Request) -> Response:
    """Delete several customers; none of them unless all can be."""
    account = account_of(request)
    read_query(request, ())
    body = await read_object(request, {"ids"}, {"ids"})
    delete_rows(account, [get_row(account, customer_id) for customer_id in body["ids"]])
    return empty_answer(204)


def delete_rows(account: Account, rows: list[int]) -> None:
    """Take customers away.

    Raises:
        ApiError: 409 when one has tickets and the switch says that this matters.
    """
    refuses = account.ground.switches.customer_with_tickets_delete_status == 409
    if refuses and any(account.tickets.has_any(row) for row in rows):
        raise ApiError(409, "The customer has tickets.")
    for row in rows:
        account.customers.remove(row, None)
        account.events.add("customer-deleted", "Customer", customer_id_of(row))


def _read_changes(account: Account, body: dict[str, Any], row: int | None) -> dict[str, Any]:
    changes = {name: body[name] for name in PLAIN if name in body}
    channels = [_read_channel(spec) for spec in body.get("channels") or []]
    emails = [channel.address for channel in channels if channel.type == "email"]
    if "email" in body:
        changes["email"] = body["email"]
        if "channels" not in body:
            channels = _with_email(account.customers, row, body["email"])
        elif body["email"] and body["email"] not in emails:
            channels.insert(0, Channel("email", body["email"], True))
    elif emails:
        changes["email"] = emails[0]
    if "channels" in body or "email" in body:
        changes["channels"] = channels
    _check_free(account.customers, channels, row)
    return changes


def _check_free(customers: Customers, channels: list[Channel], row: int | None) -> None:
    """Refuse e-mail addresses of others; those that a customer has already may stay shared."""
    held = [] if row is None else customers.fields(row)["channels"]
    addresses = {one.address for one in channels if one.type == "email"}
    for address in addresses - {one.address for one in held}:
        if any(holder != row for holder in customers.rows_with_address(address)):
            raise ApiError(409, "The e-mail address belongs to another customer.")


def _read_channel(spec: Any) -> Channel:
    wrong = not isinstance(spec, dict) or not isinstance(spec.get("address"), str)
    if wrong or len(spec["address"]) > 320:
        raise ApiError(400, "The request has invalid fields.", {"channels": ["Not a channel."]})
    return Channel(str(spec.get("type")), spec["address"], bool(spec.get("preferred", True)))


def _with_email(customers: Customers, row: int | None, email: str | None) -> list[Channel]:
    held = [] if row is None else customers.fields(row)["channels"]
    others = [channel for channel in held if channel.type != "email"]
    return others if email is None else [Channel("email", email, True), *others]


def _store_extras(account: Account, row: int, body: dict[str, Any], values: dict[int, Any]) -> None:
    if "data" in body:
        account.customers.push(row, "data", body["data"], None)
    if values:
        account.customers.set_field_values(row, values)
