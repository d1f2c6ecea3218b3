"""The API as an application of its own, without Airflow's web server around it.

Paths are those inside of Airflow, so the addresses that `connect` gave Gorgias stay good. Beside
them there are `/health` and `/ready` for whoever watches the process; a proxy publishes neither.
"""

from __future__ import annotations

import logging
import math
from typing import Final

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from loyalty_desk.web import ready_api
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.api import make_api
from loyalty_desk.web.leaving import LastAnswers
from loyalty_desk.web.queries import Asgi, OwnRequest, Receive, Scope, Send

log = logging.getLogger(__name__)

MOUNT = "/loyalty"
HEALTH: Final = "/health"


def make_standalone(root_path: str = "", most_at_once: float = math.inf) -> FastAPI:
    """Build it. A proxy may leave `root_path` before the paths, or take it off."""
    app = FastAPI(root_path=root_path, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route(HEALTH, health, methods=["GET", "HEAD"])
    app.add_api_route("/ready", ready_api.ready, methods=["GET", "HEAD"])
    app.mount(MOUNT, make_api())
    app.add_middleware(MostAtOnce, most=most_at_once)
    app.add_middleware(WholePath)
    app.add_middleware(LastAnswers)
    app.add_middleware(OwnRequest)  # around what is not found here, too
    return app


class WholePath:
    """Puts back the path before ours where the proxy took it off, as ASGI has it in each path."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = scope.get("root_path", "")
        if scope["type"] == "http" and not f"{scope['path']}/".startswith(f"{before}/"):
            scope = {**scope, "path": f"{before}{scope['path']}"}
        await self._app(scope, receive, send)


class MostAtOnce:
    """Refuses requests beyond a number under way, but for `/health`.

    Who watches that restarts the process, and a restart would help nobody who comes beyond. uvicorn
    can refuse by itself, but around our application, where the query of a request is still in it.
    """

    def __init__(self, app: Asgi, most: float) -> None:
        self._app, self._most, self._under_way = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].removeprefix(scope.get("root_path", "")) == HEALTH:
            await self._app(scope, receive, send)
        elif self._under_way >= self._most:
            log.warning("refused a request: %d are under way", self._under_way)
            headers = {"Retry-After": "5", "Connection": "close"}
            answer = WebError(503, "too much at once, try again", headers=headers).answer()
            await answer(scope, receive, send)
        else:
            self._under_way += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._under_way -= 1


async def health() -> JSONResponse:
    """Say that the process answers: whoever asks restarts it when it does not."""
    return JSONResponse({"status": "alive"})
