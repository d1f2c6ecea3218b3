"""The lookup API: Gorgias' HTTP integration calls it when something happens on a ticket.

Gorgias disables an integration that keeps failing, so whoever has a token gets 200 with a card,
whatever is broken behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.background import BackgroundTask

from loyalty_desk.clock import utc_now
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.asked import look_up
from loyalty_desk.lookup.not_found import AskedTicket, note_lookup, read_asked_ticket
from loyalty_desk.lookup.place import ask_to_show
from loyalty_desk.routing.at_lookup import LookedUpTicket, route_soon
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.access import LookupStore, require_store
from loyalty_desk.web.afterwards import do_soon, keep
from loyalty_desk.web.answers import CLOSED
from loyalty_desk.web.bodies import read_fields

log = logging.getLogger(__name__)

MOST_BYTES: Final = 1_048_576
"""Without a form of its own, an integration posts the whole ticket."""
UNAVAILABLE: Final = {
    "status": "unavailable",
    "summary": "Loyalty data is not available right now",
    "reason": "The loyalty data cannot be read.",
    "what_to_do": "Try again in a minute.",
}


class NeverFailing(APIRoute):
    """A route that answers with a card that says so, where another would answer 5xx."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except CLOSED as error:
                log.error("a lookup found nothing to ask: %s", type(error).__name__)
                return JSONResponse(UNAVAILABLE)

        return answer


router = APIRouter(prefix="/api/v1", route_class=NeverFailing)


@router.get("/lookup")
async def get_lookup(request: Request, store: LookupStore) -> Response:
    """Answer the card of the `email` in the query."""
    return await _answer(store, request.query_params)


@router.post("/lookup")
async def post_lookup(request: Request, store: LookupStore) -> Response:
    """Answer the card of the `email` in a form or JSON, or of the customer of a whole ticket."""
    fields = await read_fields(request, MOST_BYTES) | dict(request.query_params)
    require_store(store, fields.get("store"))
    return await _answer(store, fields)


async def _answer(store: StoreSettings, fields: Mapping[str, Any]) -> Response:
    email, asked = _find_email(fields), read_asked_ticket(fields)
    found = await run_in_threadpool(look_up, store, email)
    after = None
    if asked is not None:
        ticket = LookedUpTicket.of(fields, asked.ticket_id, asked.customer_id)
        follow_up = partial(_follow_up, store, asked, ticket, email, found)
        after = BackgroundTask(do_soon, store.name, follow_up)  # Gorgias does not wait for it
    headers = {"Cache-Control": "no-store"}
    content = found.content(store.currency, reads_movements=store.lookup.activity)
    return JSONResponse(content, headers=headers, background=after)


def _follow_up(
    store: StoreSettings,
    asked: AskedTicket,
    ticket: LookedUpTicket,
    email: str | None,
    found: LookedUp,
) -> None:
    """Keep for the report whether nobody was found, and have what was found stand at the place.

    Where the latter cannot be asked for, a later lookup or a sync does.
    """
    now = utc_now()
    keep(store.name, "noted", lambda: note_lookup(staging_engine(), store.name, asked, found, now))
    route_soon(store, ticket, found.found.card if found.found.member_id is not None else None)
    keep(store.name, "shown", lambda: _show(store, asked, email, found, now))


def _show(
    store: StoreSettings, asked: AskedTicket, email: str | None, found: LookedUp, now: datetime
) -> None:
    if (customer_id := asked.customer_id) is not None:
        engine, ticket_id = staging_engine(), asked.ticket_id
        ask_to_show(engine, store, customer_id, email, found, now, ticket_id=ticket_id)


def _find_email(fields: Mapping[str, Any]) -> str | None:
    """The address asked for: a field of its own, or that of the ticket's customer."""
    for place in (fields, fields.get("customer"), fields.get("ticket")):
        if isinstance(place, Mapping):
            customer = place.get("customer")
            email = place.get("email") or (
                customer.get("email") if isinstance(customer, Mapping) else None
            )
            if isinstance(email, str):
                return email
    return None
