"""The awards API: queue one, follow it, take it back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy import Row

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.from_button import read_button
from loyalty_desk.awards.policy import from_parts, signed
from loyalty_desk.awards.queue import (
    AwardKeyError,
    AwardLimitError,
    Door,
    NoAwardError,
    Queued,
    get_award,
    queue_award,
)
from loyalty_desk.awards.requests import AwardFieldsError, AwardRequest, read_request
from loyalty_desk.awards.reversal import ReversalError, read_reversal, reverse_award
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.web.access import AwardingStore, require_in_use, require_store, token_of
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.bodies import read_fields
from loyalty_desk.web.named_agents import require_named_agent

router = APIRouter(prefix="/api/v1")


async def _award_id(_store: AwardingStore, award_id: str) -> str:
    """The id in the path; what cannot be one is unknown before PostgreSQL minds a NUL in it."""
    if not award_id.isalnum():
        raise _no_award()
    return award_id


AwardId = Annotated[str, Depends(_award_id)]


@router.post("/awards")
async def post_award(request: Request, store: AwardingStore) -> Response:
    """Queue an award: 202 with its id, state and address."""
    fields = await read_fields(request)
    require_store(store, fields.pop("store", None))
    _take_key_of_header(request, fields)
    try:
        fields = read_button(fields, store.awards.reasons)
        wanted = read_request(fields, store.awards, award_units(store))
    except AwardFieldsError as error:
        raise WebError(400, "the award is not in order", fields=error.problems) from None
    queued = await run_in_threadpool(_queue, store, wanted, token_of(request))
    return _accepted(request, queued, signed(wanted.amount, wanted.unit))


@router.get("/awards/{award_id}")
def read_award(award_id: AwardId, store: AwardingStore) -> Response:
    """Tell what became of an award of the token's store."""
    try:
        with reading(staging_engine()) as connection:
            award = get_award(connection, store.name, award_id)
    except NoAwardError:
        raise _no_award() from None
    return JSONResponse(_shown(award))


@router.post("/awards/{award_id}/reversal")
async def post_reversal(request: Request, award_id: AwardId, store: AwardingStore) -> Response:
    """Take an applied award back, once: 202 with the new award."""
    fields = await read_fields(request)
    require_store(store, fields.pop("store", None))
    try:
        agent, why = read_reversal(fields)
    except AwardFieldsError as error:
        raise WebError(400, "the reversal is not in order", fields=error.problems) from None
    queued = await run_in_threadpool(_reverse, store, award_id, agent, why, token_of(request))
    return _accepted(request, queued, f"what takes award {award_id} back")


def _queue(store: StoreSettings, wanted: AwardRequest, token: Token) -> Queued:
    require_named_agent(store, wanted.agent)
    try:
        with staging_engine().begin() as connection:
            require_in_use(connection, token)
            now = staging_now(connection)
            return queue_award(connection, store, wanted, now, door=Door.HTTP, token=token)
    except AwardKeyError as error:
        raise WebError(409, str(error), message=str(error)) from None
    except AwardLimitError as error:
        why = "; ".join(error.breaches.values())
        raise WebError(
            422, "the award is over a limit", fields=error.breaches, message=why
        ) from None
    except SharedAwardError:  # who they are is for the desk
        reason = "several members have it: choose one by member_id, or on the desk"
        error_text = "nothing was queued: several members have this e-mail address"
        raise WebError(422, error_text, fields={"email": reason}) from None


def _reverse(store: StoreSettings, award_id: str, agent: str, why: str, token: Token) -> Queued:
    require_named_agent(store, agent)
    try:
        with staging_engine().begin() as connection:
            require_in_use(connection, token)
            now = staging_now(connection)
            return reverse_award(
                connection,
                store,
                award_id,
                now,
                agent=agent,
                why=why,
                door=Door.HTTP,
                token=token,
            )
    except NoAwardError:
        raise _no_award() from None
    except ReversalError as error:
        raise WebError(409, str(error), message=str(error)) from None


def _no_award() -> WebError:
    return WebError(404, "the store has no such award")


def _take_key_of_header(request: Request, fields: dict[str, Any]) -> None:
    """Take the idempotency key from the header, where the body has none or the same."""
    given = (request.headers.get("idempotency-key"), fields.get("idempotency_key"))
    keys = [key for key in given if key not in (None, "")]
    if any(key != keys[0] for key in keys):
        reason = "differs from the Idempotency-Key header"
        raise WebError(400, "the award is not in order", fields={"idempotency_key": reason})
    if keys:
        fields["idempotency_key"] = keys[0]


def _accepted(request: Request, queued: Queued, what: str) -> Response:
    address = request.app.url_path_for("read_award", award_id=queued.award_id)
    status_url = f"{request.scope.get('root_path', '')}{address}"
    content = {
        "message": _message(queued, what),  # first, as a button shows how an answer begins
        "id": queued.award_id,
        "state": queued.state.value,
        "status_url": status_url,
        "repeats": queued.repeats,
    }
    return JSONResponse(content, 202, {"Location": status_url})


def _message(queued: Queued, what: str) -> str:
    """What an agent should know who reads one line; nothing is said to be booked that is not."""
    if queued.repeat_text:
        return queued.repeat_text
    if queued.state == AwardState.NEEDS_APPROVAL:
        return f"Waits for approval: {what} will be booked once another person approves."
    return f"Queued: {what} will be booked in a moment, unless the platform refuses."


def _shown(award: Row[Any]) -> dict[str, Any]:
    """An award as its asker may see it: nothing of the member but the ids."""
    unit = Unit(award.unit)
    return {
        "id": award.award_id,
        "state": award.state,
        "detail": award.detail,
        "amount": f"{from_parts(award.amount, unit):f}",
        "unit": award.unit,
        "reason": award.reason,
        "agent": award.agent,
        "ticket_id": award.ticket_id,
        "member_id": award.member_id,
        "reverses": award.reverses,
        "queued_at": award.queued_at_utc,
        "settled_at": award.settled_at_utc,
    }
