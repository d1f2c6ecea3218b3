"""`PUT /customers/{id}/data`: the one route that a sync calls for every card."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import dump
from sandbox.gate import Caller
from sandbox.gorgias.account import account_of
from sandbox.gorgias.answers import (
    ApiError,
    empty_answer,
    not_found,
    read_moment,
    read_object,
    read_query,
)
from sandbox.gorgias.customer_routes import location_of
from sandbox.gorgias.customer_store import APP_ID
from sandbox.gorgias.integrations import customer_written
from sandbox.switches import Switches

router = APIRouter(prefix="/api/customers")


@router.put("/{customer_id}/data")
async def set_customer_data(request: Request, customer_id: int) -> Response:
    """Replace a customer's data. 202 with no body, also when an older version was ignored."""
    account = account_of(request)
    read_query(request, ())
    body = await read_object(request, {"data", "version"}, {"data"})
    version = body.get("version")
    version_us = None if version is None else read_moment(version, "version")
    switches = account.ground.switches
    _check(body["data"], switches)
    place = _place(request.scope["sandbox"].caller, switches)
    row = account.customers.find_row(customer_id)
    if row is None:
        survivor = account.customers.find_survivor(customer_id)
        if survivor is None:
            raise not_found()
        return empty_answer(301, location_of(account, survivor))
    applied = account.customers.push(row, place, body["data"], version_us)
    if applied and switches.data_write_touches_customer:
        account.customers.touch(row)
    if applied:
        customer_written(account, row, counts=switches.data_write_fires_ticket_updated)
    return empty_answer(202)


def _check(content: Any, switches: Switches) -> None:
    if not switches.data_any_json_value and not isinstance(content, dict):
        raise ApiError(400, "The request has invalid fields.", {"data": ["Not a valid object."]})
    if switches.data_max_bytes and len(dump(content)) > switches.data_max_bytes:
        raise ApiError(413, "The payload is too large.")


def _place(caller: Caller, switches: Switches) -> str:
    landing = switches.data_landing_place
    if landing == "refuse_api_key" and caller.kind == "api_key":
        raise ApiError(403, "Only apps may set customer data.")
    if landing == "data" or (landing == "by_auth" and caller.kind == "api_key"):
        return "data"
    return APP_ID
