"""The HTTP door of the platforms' webhooks: whose card may have changed.

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
from loyalty_desk.connections import webhook_secret
from loyalty_desk.errors import BadConnectionError
from loyalty_desk.platforms.webhooks import WEBHOOKS
from loyalty_desk.refresh.queue import ask_for_cards
from loyalty_desk.settings import stores_file
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.bodies import read_bounded

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1")

MOST_BYTES = 262_144
SECRET_LIVES_S = 60.0
"""How long a secret is remembered: a burst of webhooks must not ask Airflow for each."""


@router.post("/webhooks/{platform}/{store_name}")
async def post_webhook(request: Request, platform: str, store_name: str) -> Response:
    """Note whose cards to show: 204, always at once; 401 for what the platform has not signed.

    An unknown store gets the same answer as a wrong signature.
    """
    body = await read_bounded(request, MOST_BYTES)
    secret = await run_in_threadpool(_find_secret, platform, store_name, _minute())
    webhooks = WEBHOOKS.get(platform)
    if webhooks is None or not webhooks.is_signed(body, request.headers, secret or ""):
        raise WebError(401, "this webhook is not signed with the secret of a store that is set up")
    member_ids = webhooks.member_ids(body)
    if member_ids:
        await run_in_threadpool(_ask, store_name, member_ids)
    else:
        log.info("a webhook of %s told of no member", store_name)
    return Response(status_code=204)


def _ask(store_name: str, member_ids: list[str]) -> None:
    with staging_engine().begin() as connection:
        ask_for_cards(connection, store_name, member_ids, utc_now())


@lru_cache(maxsize=256)
def _find_secret(platform: str, store_name: str, _minute: int) -> str | None:
    """The secret of a store that has one and is on that platform."""
    store = stores_file().stores.get(store_name)
    if store is None or store.platform != platform:
        return None
    try:
        return webhook_secret(store)
    except BadConnectionError as error:
        log.error("webhooks of %s are refused: %s", store_name, error)
        return None


def _minute() -> int:
    return int(monotonic() / SECRET_LIVES_S)
