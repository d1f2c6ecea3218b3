"""What the applications of the platforms have in common."""

import json
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from sandbox import control
from sandbox.programme import control_routes
from sandbox.programme.side import Side
from sandbox.world import World

JSON = "application/json"


class Refusal(Exception):  # noqa: N818 - what an API does, not what goes wrong here
    """A refused request: the status, and a text that the platform words in its own way."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(text)


def build_platform_app(
    world: World, side: Side, modules: Sequence[ModuleType], error: Callable[[int, str], bytes]
) -> FastAPI:
    """Return an application with the routes of `modules` and the control API."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.world, app.state.side = world, side
    app.state.server, app.state.door = side.server, side.door
    for module in (*modules, control_routes, control):
        app.include_router(module.router)

    def answer(status: int, text: str) -> Response:
        return Response(error(status, text), status, media_type=JSON)

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


def json_answer(content: Any, status: int = 200) -> Response:
    """Return an answer with a JSON body."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, media_type=JSON)


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request carries.

    Raises:
        Refusal: 400 when it is none, or not said to be one.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind != JSON:
        raise Refusal(400, "Content-Type must be application/json")
    try:
        content = json.loads(await request.body())
    except ValueError:
        raise Refusal(400, "The body is not valid JSON") from None
    if not isinstance(content, dict):
        raise Refusal(400, "The body must be an object")
    return content


def read_whole(value: Any, name: str, *, least: int, most: int, status: int = 400) -> int:
    """Return a whole number inside limits.

    Raises:
        Refusal: with `status` when it is none.
    """
    try:
        number = int(str(value))
    except ValueError:
        raise Refusal(status, f"{name} must be a whole number") from None
    if isinstance(value, bool) or not least <= number <= most:
        raise Refusal(status, f"{name} must be {least} to {most}")
    return number


def shaped_error(shape: str, text: str) -> bytes:
    """Return an error body whose only key is `shape`; `errors` holds a list."""
    return json.dumps({shape: [text] if shape == "errors" else text}).encode()
