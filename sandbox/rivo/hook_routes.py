"""The routes of webhook registration. Their bodies are not documented; these are the least."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.programme.answers import Refusal
from sandbox.programme.programme import programme_of
from sandbox.rivo.answers import BASE_PATH, read_form, resource
from sandbox.rivo.paging import answer_page, list_of
from sandbox.rivo.side import rivo_of

router = APIRouter(prefix=f"{BASE_PATH}/webhooks")


@router.get("")
async def list_hooks(request: Request) -> Response:
    """List the registered webhooks."""
    programme = programme_of(request)
    listing = list_of(
        sorted(rivo_of(request).hooks.held),
        int,
        lambda hook_id: resource("webhook", hook_id, rivo_of(request).hooks.held[hook_id]),
    )
    return answer_page(request, programme.ground, listing)


@router.post("")
async def create_hook(request: Request) -> Response:
    """Register one event type (`event_type`) for one address (`url`)."""
    form: dict[str, Any] = await read_form(request, json_too=True)
    try:
        hook_id = rivo_of(request).hooks.register(str(form.get("event_type")), str(form.get("url")))
    except ValueError as refused:
        raise Refusal(422, str(refused)) from None
    return json_answer(
        {"data": resource("webhook", hook_id, rivo_of(request).hooks.held[hook_id])}, 201
    )


@router.delete("/{hook_id}")
async def delete_hook(request: Request, hook_id: int) -> Response:
    """Take a registration away."""
    if rivo_of(request).hooks.held.pop(hook_id, None) is None:
        raise Refusal(404, "Not found")
    return Response(b"", 204)
