"""The Rivo application: routes, and what becomes of refused requests."""

from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from sandbox import control
from sandbox.programme import control_routes as programme_control
from sandbox.programme.side import Side
from sandbox.rivo import hook_routes, member_routes, point_routes
from sandbox.rivo.answers import RivoError, error_body
from sandbox.world import World, world_of

JSON = "application/json"


def build_app(world: World, side: Side) -> FastAPI:
    """Return the application of the Rivo port."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.world = world
    app.state.side, app.state.server, app.state.door = side, side.server, side.door
    for module in (member_routes, point_routes, hook_routes, programme_control, control):
        app.include_router(module.router)
    app.add_exception_handler(RivoError, _answer_refusal)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_bad_path)
    return app


async def _answer_refusal(request: Request, error: Exception) -> Response:
    refused = cast("RivoError", error)
    return _answer(request, refused.status, refused.text)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    return _answer(request, cast("HTTPException", error).status_code, "Not found")


async def _answer_bad_path(request: Request, _: Exception) -> Response:
    # The only thing that FastAPI checks here is that path ids are integers.
    return _answer(request, 404, "Not found")


def _answer(request: Request, status: int, text: str) -> Response:
    body = error_body(world_of(request).ground.switches, text)
    return Response(body, status, media_type=JSON)
