"""The endpoint of the platforms' webhooks: whose card may have changed.

What a webhook tells is not believed, only taken as a reason to read the member anew. So one that
comes twice, late or out of order costs a read, and can do nothing else.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from time import monotonic

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BadConnectionError
from loyalty_desk.hooks.connections import platform_account
from loyalty_desk.platforms.base import Account
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Cause, CauseKind
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.store_state import StateKey, keep_state
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.bodies import read_bounded

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1")

MOST_BYTES = 262_144
SECRET_LIVES_S = 60.0
"""How long an account is remembered: a burst of webhooks must not ask Airflow for each."""
READ_ANEW_AFTER_S = 1.0
"""How soon it is read again for one that it does not verify: its secret may have been replaced."""


@router.post("/webhooks/{platform}/{store_name}")
async def post_webhook(request: Request, platform: str, store_name: str) -> Response:
    """Note whose cards to show: 204, always at once; 401 for what the platform has not signed.

    An unknown store gets the same answer as a wrong signature, and as a platform that signs none.
    """
    body = await read_bounded(request, MOST_BYTES)
    account = None
    for life_s in (SECRET_LIVES_S, READ_ANEW_AFTER_S):
        read = await run_in_threadpool(_find_account, platform, store_name, life_s, _slot(life_s))
        if read and platform_class(platform).is_genuine(body, request.headers, read):
            account = read
            break
    if account is None:
        raise WebError(401, "this webhook is not signed with the secret of a store that is set up")
    await run_in_threadpool(_note_that_one_came, store_name, _hour())
    member_ids = platform_class(platform).changed_members(body, account)
    if member_ids:
        await run_in_threadpool(_ask, store_name, member_ids)
    else:
        log.info("a webhook of %s told of no member", store_name)
    return Response(status_code=204)


def _ask(store_name: str, member_ids: list[str]) -> None:
    with staging_engine().begin() as connection:
        ask_for_cards(connection, store_name, member_ids, utc_now(), Cause(kind=CauseKind.WEBHOOK))


@lru_cache(maxsize=256)
def _find_account(platform: str, store_name: str, _life_s: float, _slot: int) -> Account | None:
    """The account of a store that is on that platform, as the first call in that time read it."""
    store = stores_file().stores.get(store_name)
    if store is None or store.platform != platform:
        return None
    try:
        return platform_account(store)
    except BadConnectionError as error:
        log.error("webhooks of %s are refused: %s", store_name, error)
        return None


@lru_cache(maxsize=256)
def _note_that_one_came(store_name: str, _hour: int) -> None:
    """Remember it for the check-list of the set-up; one write an hour is enough for that."""
    with staging_engine().begin() as connection:
        keep_state(connection, store_name, StateKey.WEBHOOK, "genuine", utc_now())


def _hour() -> int:
    return int(monotonic() / 3600)


def _slot(life_s: float) -> int:
    return int(monotonic() / life_s)
