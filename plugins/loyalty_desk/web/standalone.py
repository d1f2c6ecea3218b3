"""The API as an application of its own, without Airflow's web server around it.

Paths are those inside of Airflow, so the addresses that `connect` gave Gorgias stay good. Beside
them there are `/health` and `/ready` for whoever watches the process; a proxy publishes neither.
"""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from loyalty_desk.web import ready_api
from loyalty_desk.web.api import make_api
from loyalty_desk.web.leaving import LastAnswers
from loyalty_desk.web.queries import Asgi, OwnRequest, Receive, Scope, Send

MOUNT = "/loyalty"


def make_standalone(root_path: str = "") -> FastAPI:
    """Build it. A proxy may leave `root_path` before the paths, or take it off."""
    app = FastAPI(root_path=root_path, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/health", health, methods=["GET", "HEAD"])
    app.add_api_route("/ready", ready_api.ready, methods=["GET", "HEAD"])
    app.mount(MOUNT, make_api())
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


async def health() -> JSONResponse:
    """Say that the process answers: whoever asks restarts it when it does not."""
    return JSONResponse({"status": "alive"})
