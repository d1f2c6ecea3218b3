"""The routes of custom fields: definitions, and the values on a customer."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_naive
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import (
    MISSING,
    ApiError,
    empty_answer,
    not_found,
    read_flag,
    read_json,
    read_object,
    read_query,
)
from sandbox.gorgias.customer_routes import get_row
from sandbox.gorgias.customer_rows import customer_id_of
from sandbox.gorgias.field_values import find_cleared, read_pairs, read_value
from sandbox.gorgias.integrations import customer_written
from sandbox.gorgias.paging import PAGING, Listing, answer_page, both_ways, walk_keys

router = APIRouter(prefix="/api")
OBJECT_TYPES = ("Customer", "Ticket")
INPUTS = {
    "text": ("input", "dropdown"),
    "number": ("input_number",),
    "boolean": ("dropdown",),
}
OPTIONAL: dict[str, Any] = {
    "external_id": None,
    "description": None,
    "priority": 0,
    "required": False,
    "managed_type": None,
    "deactivated_datetime": None,
}
KEYS = {"object_type", "label", "definition", *OPTIONAL}


@router.get("/custom-fields")
async def list_fields(request: Request) -> Response:
    """List definitions of one object type; the type is required."""
    account = account_of(request)
    query = read_query(request, PAGING | {"object_type", "search", "archived"})
    if query.get("object_type") not in OBJECT_TYPES:
        raise ApiError(400, "Bad query parameter.", {"object_type": [MISSING]})
    held = account.desk.fields.held
    archived = read_flag(query["archived"], "archived") if "archived" in query else None

    def keep(field_id: int) -> bool:
        field = held[field_id]
        return (
            field["object_type"] == query["object_type"]
            and query.get("search", "").lower() in field["label"].lower()
            and archived in (None, field["deactivated_datetime"] is not None)
        )

    walk = walk_keys((field["priority"], field_id) for field_id, field in held.items())
    orders = both_ways("priority", walk)
    return answer_page(request, account.ground, Listing(orders, held.__getitem__, keep))


@router.post("/custom-fields")
async def create_field(request: Request) -> Response:
    """Create a definition, unless the account has as many as it may."""
    account = account_of(request)
    read_query(request, ())
    body = await read_object(request, KEYS, {"object_type", "label", "definition"})
    _check_field(body)
    active = [
        field
        for field in account.desk.fields.held.values()
        if field["object_type"] == body["object_type"] and not field["deactivated_datetime"]
    ]
    if len(active) >= account.ground.switches.custom_field_cap:
        raise ApiError(400, "The account has as many active fields as it may have.")
    stamp = iso_naive(account.ground.clock.now_us())
    stamps = {"created_datetime": stamp, "updated_datetime": stamp}
    return json_answer(account.desk.fields.add(OPTIONAL | body | stamps), 201)


@router.put("/custom-fields")
async def update_fields(request: Request) -> Response:
    """Change several definitions; the body is an array of objects with ids."""
    account = account_of(request)
    read_query(request, ())
    body = await read_json(request)
    if not isinstance(body, list):
        raise ApiError(400, "The body must be a JSON array.")
    return json_answer([_update(account, item.pop("id", None), item) for item in body])


@router.get("/custom-fields/{field_id}")
async def get_field(request: Request, field_id: int) -> Response:
    """Show one definition."""
    read_query(request, ())
    field = account_of(request).desk.fields.held.get(field_id)
    if field is None:
        raise not_found()
    return json_answer(field)


@router.put("/custom-fields/{field_id}")
async def update_field(request: Request, field_id: int) -> Response:
    """Change one definition; a `deactivated_datetime` archives it."""
    read_query(request, ())
    body = await read_object(request, KEYS | {"id"})
    return json_answer(_update(account_of(request), field_id, body))


def _update(account: Account, field_id: Any, changes: dict[str, Any]) -> dict[str, Any]:
    field = account.desk.fields.held.get(field_id)
    if field is None:
        raise not_found()
    changed = field | changes | {"id": field_id}
    _check_field(changed)
    field.update(changed, updated_datetime=iso_naive(account.ground.clock.now_us()))
    return field


def _check_field(body: dict[str, Any]) -> None:
    wrong: dict[str, Any] = {}
    if body["object_type"] not in OBJECT_TYPES:
        wrong["object_type"] = ["Not a valid choice."]
    if not 1 <= len(str(body["label"])) <= 255:
        wrong["label"] = ["Length must be between 1 and 255."]
    definition = body["definition"] if isinstance(body["definition"], dict) else {}
    inputs = INPUTS.get(str(definition.get("data_type")), ())
    if (definition.get("input_settings") or {}).get("input_type") not in inputs:
        wrong["definition"] = ["Not a valid definition."]
    if len(body.get("description") or "") > 1024:
        wrong["description"] = ["Longer than maximum length 1024."]
    if not 0 <= (body.get("priority") or 0) <= 5000:
        wrong["priority"] = ["Must be between 0 and 5000."]
    if wrong:
        raise ApiError(400, "The request has invalid fields.", wrong)


@router.get("/customers/{customer_id}/custom-fields")
async def list_values(request: Request, customer_id: int) -> Response:
    """List the values on a customer, each with its whole definition."""
    account = account_of(request)
    read_query(request, ())
    return _answer_values(account, get_row(account, customer_id))


@router.put("/customers/{customer_id}/custom-fields")
async def set_values(request: Request, customer_id: int) -> Response:
    """Set values; the body is the array itself. A switch tells what becomes of fields left out."""
    account = account_of(request)
    read_query(request, ())
    row = get_row(account, customer_id)
    values = read_pairs(account, await read_json(request))
    _write_values(account, row, find_cleared(account, row, values) | values)
    return _answer_values(account, row)


@router.put("/customers/{customer_id}/custom-fields/{field_id}")
async def set_value(request: Request, customer_id: int, field_id: int) -> Response:
    """Set one value; a switch tells which body is understood."""
    account = account_of(request)
    read_query(request, ())
    row = get_row(account, customer_id)
    body = await read_json(request)
    form = account.ground.switches.custom_field_single_put_body
    is_object = isinstance(body, dict) and set(body) == {"id", "value"}
    if (form == "raw" and is_object) or (form == "object" and not is_object):
        raise ApiError(400, "The request has invalid fields.", {"value": ["Not a valid value."]})
    value = read_value(account, field_id, body["value"] if is_object else body)
    _write_values(account, row, {field_id: value})
    return _answer_values(account, row)


@router.delete("/customers/{customer_id}/custom-fields/{field_id}")
async def clear_value(request: Request, customer_id: int, field_id: int) -> Response:
    """Clear one value."""
    account = account_of(request)
    read_query(request, ())
    row = get_row(account, customer_id)
    if field_id not in account.desk.fields.held:
        raise not_found()
    _write_values(account, row, {field_id: None})
    return empty_answer(204)


def _write_values(account: Account, row: int, values: dict[int, Any]) -> None:
    account.customers.set_field_values(row, values)
    kind = account.ground.switches.field_write_event_type
    account.events.add(kind, "Customer", customer_id_of(row))
    if account.ground.switches.field_write_touches_customer:
        account.customers.touch(row)
    customer_written(account, row, counts=account.ground.switches.field_write_fires_ticket_updated)


def _answer_values(account: Account, row: int) -> Response:
    held = account.desk.fields.held
    values = [
        {"field": held[key], "value": value}
        for key, value in account.customers.field_values(row).items()
    ]
    wrapped = account.ground.switches.custom_field_values_wrapped
    return json_answer({"data": values} if wrapped else values)
