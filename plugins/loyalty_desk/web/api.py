"""The API without the desk: what Gorgias and platforms call, inside of Airflow or apart from it.

Nothing here imports Airflow's web server: `loyalty-desk serve` runs it in a process that knows of
Airflow its connections alone.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import DBAPIError

from loyalty_desk.web import (
    awards_api,
    identity_api,
    lookup_api,
    order_api,
    ready_api,
    take_back_api,
    webhooks_api,
)
from loyalty_desk.web.answers import CLOSED, WebError
from loyalty_desk.web.queries import OwnRequest

log = logging.getLogger(__name__)


def make_api() -> FastAPI:
    """Build the API. It serves no pages of its own documentation: they load from afar."""
    app = FastAPI(title="Loyalty Desk", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(awards_api.router)
    app.include_router(take_back_api.router)
    app.include_router(lookup_api.router)
    app.include_router(order_api.router)
    app.include_router(webhooks_api.router)
    app.include_router(ready_api.router)
    app.include_router(identity_api.router)
    app.add_middleware(OwnRequest)
    app.add_exception_handler(WebError, _say_no)
    for trouble in CLOSED:
        app.add_exception_handler(trouble, _say_later)
    return app


async def _say_no(_request: Request, error: Exception) -> Response:
    if not isinstance(error, WebError):
        raise error
    return error.answer()


async def _say_later(_request: Request, error: Exception) -> Response:
    """Nothing was done; a database error is not shown, its text holds what was sent."""
    reason = type(error).__name__ if isinstance(error, DBAPIError) else str(error)
    log.error("an awards endpoint is closed: %s", reason)
    return WebError(503, "not available now, try again", headers={"Retry-After": "5"}).answer()
