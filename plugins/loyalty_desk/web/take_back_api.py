"""The awards API's second button: an agent takes back their own award from the ticket."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.requests import AwardFieldsError
from loyalty_desk.awards.reversal import ReversalError
from loyalty_desk.awards.taking_back import (
    TakeBack,
    TakeBackError,
    TakeBackLimitError,
    TakenBack,
    read_take_back,
    take_back,
)
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.web.access import AwardingStore, require_in_use, require_store, token_of
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.bodies import read_fields
from loyalty_desk.web.named_agents import require_named_agent

router = APIRouter(prefix="/api/v1")


@router.post("/awards/take-back")
async def post_take_back(request: Request, store: AwardingStore) -> Response:
    """Take back the agent's newest award on a ticket: 202 with what was done."""
    fields = await read_fields(request)
    require_store(store, fields.pop("store", None))
    try:
        wanted = read_take_back(fields)
    except AwardFieldsError as error:
        raise WebError(400, "the form is not in order", fields=error.problems) from None
    taken = await run_in_threadpool(_take_back, store, wanted, token_of(request))
    content = {
        "message": _message(taken),  # first, as a button shows how an answer begins
        "id": taken.award_id,
        "reversal": None if taken.by is None else taken.by.award_id,
    }
    return JSONResponse(content, 202)


def _take_back(store: StoreSettings, wanted: TakeBack, token: Token) -> TakenBack:
    require_named_agent(store, wanted.agent)
    try:
        with staging_engine().begin() as connection:
            require_in_use(connection, token)
            return take_back(connection, store, wanted, staging_now(connection), token=token)
    except TakeBackLimitError as error:
        raise WebError(422, "over a limit", message=str(error)) from None
    except (TakeBackError, ReversalError) as error:
        raise WebError(409, "nothing was taken back", message=str(error)) from None


def _message(taken: TakenBack) -> str:
    """What an agent should know who reads one line; nothing is said to be booked that is not."""
    if taken.is_repeat:
        return f"A double click: award {taken.award_id} was taken back a moment ago."
    if taken.by is None:
        return f"Taken back: {taken.text} will not be booked."
    if taken.by.state == AwardState.NEEDS_APPROVAL:
        return f"Waits for approval: your {taken.text} are taken back once another person approves."
    return f"Queued: your {taken.text} are taken back in a moment, unless the platform refuses."
