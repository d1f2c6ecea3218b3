"""The order API: what the programme tells of a customer's order, for whoever answers a ticket.

Answers as the lookup does: with 200 whatever is broken behind it, for who has a token for lookups.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from loyalty_desk.card.emails import read_blank_as_plus, read_email
from loyalty_desk.lookup.orders import look_into, suspects_by_address, suspects_of
from loyalty_desk.lookup.why import Question
from loyalty_desk.lookup.why_words import answer_text
from loyalty_desk.mismatches.searches import read_words
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.access import LookupStore, require_store
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.bodies import read_fields
from loyalty_desk.web.lookup_api import NeverFailing

MOST_BYTES: Final = 10_000

router = APIRouter(prefix="/api/v1", route_class=NeverFailing)


@router.get("/order")
async def get_order(request: Request, store: LookupStore) -> Response:
    """Answer what is known of the `order` of who has the `email`; its `day` helps, if known."""
    return await _answer(store, request.query_params)


@router.post("/order")
async def post_order(request: Request, store: LookupStore) -> Response:
    """The same by a form or JSON, so that no address stands in a log on the way."""
    fields = await read_fields(request, MOST_BYTES) | dict(request.query_params)
    require_store(store, fields.get("store"))
    told = {name: str(fields[name]) for name in ("order", "day", "email") if fields.get(name)}
    return await _answer(store, told)


async def _answer(store: StoreSettings, fields: Mapping[str, str]) -> Response:
    order = read_words(fields, "order").lstrip("# ")
    if not order:
        raise WebError(400, "name an order", fields={"order": "is missing"})
    try:
        ordered_on = date.fromisoformat(day) if (day := read_words(fields, "day")) else None
    except ValueError:
        reasons = {"day": "must be a day such as 2026-11-03"}
        raise WebError(400, "the day is none", fields=reasons) from None
    question = Question(order=order, ordered_on=ordered_on)
    content = await run_in_threadpool(_find_out, store, question, fields.get("email", ""))
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _find_out(store: StoreSettings, question: Question, told: str) -> dict[str, Any]:
    email_key = read_email(told)[0] or read_blank_as_plus(told)
    suspects = suspects_of(None, None, [])
    if email_key is not None:
        with reading(staging_engine()) as connection:
            suspects = suspects_by_address(connection, store, email_key)
    found = look_into(store, question, suspects)
    return {
        "order": question.order,
        "answer": answer_text(question, found),
        "found": [one.answer.value for one in found],
    }
