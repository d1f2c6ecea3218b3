"""The application of a platform's port."""

from collections.abc import Sequence
from types import ModuleType
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from sandbox.answers import JSON
from sandbox.programme import control_routes
from sandbox.programme.answers import Refusal
from sandbox.programme.side import Side


def build_app(side: Side, modules: Sequence[ModuleType]) -> FastAPI:
    """Return an application with the routes of `modules` and what control API platforms have."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.programme, app.state.side = side.programme, side
    app.state.server, app.state.access = side.server, side.access
    for module in (*modules, control_routes):
        app.include_router(module.router)

    def answer(status: int, text: str) -> Response:
        return Response(side.error_body(status, text), status, media_type=JSON)

    async def answer_refusal(_: Request, refused: Exception) -> Response:
        refusal = cast("Refusal", refused)
        return answer(refusal.status, refusal.text)

    async def answer_http_error(_: Request, refused: Exception) -> Response:
        return answer(cast("HTTPException", refused).status_code, "Not found")

    async def answer_bad_path(_: Request, __: Exception) -> Response:
        return answer(404, "Not found")

    app.add_exception_handler(Refusal, answer_refusal)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_bad_path)
    return app
