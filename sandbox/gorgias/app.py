"""The Gorgias application: routes, and what becomes of refused requests."""

from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from sandbox.gorgias import (
    account_routes,
    app_pages,
    customer_routes,
    data_routes,
    event_routes,
    field_routes,
    plain_routes,
    ticket_routes,
    view_routes,
    widget_editor,
    work_routes,
)
from sandbox.gorgias import control_routes as gorgias_control
from sandbox.gorgias.account import Account
from sandbox.gorgias.answers import ApiError, error_body
from sandbox.gorgias.app_frame import PageError, answer_page_error

TEXTS = {404: "Resource not found.", 405: "The specified HTTP method is not allowed."}
JSON = "application/json"


def build_app(account: Account) -> FastAPI:
    """Return the application of the Gorgias port, with what only its control API has."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.account = account
    app.state.server = account.server
    app.state.access = account.access
    for module in (
        customer_routes,
        data_routes,
        field_routes,
        ticket_routes,
        account_routes,
        plain_routes,
        work_routes,
        view_routes,
        event_routes,
        app_pages,
        widget_editor,
        gorgias_control,
    ):
        app.include_router(module.router)
    app.add_exception_handler(ApiError, _answer_refusal)
    app.add_exception_handler(PageError, answer_page_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_bad_path)
    return app


async def _answer_refusal(_: Request, error: Exception) -> Response:
    refused = cast("ApiError", error)
    body = b"" if refused.status == 301 else error_body(refused.text, refused.data)
    return Response(body, refused.status, refused.headers, JSON)


async def _answer_http_error(_: Request, error: Exception) -> Response:
    status = cast("HTTPException", error).status_code
    return Response(error_body(TEXTS.get(status, "Bad request.")), status, media_type=JSON)


async def _answer_bad_path(_: Request, __: Exception) -> Response:
    # The only thing that FastAPI checks here is that path ids are integers.
    return Response(error_body(TEXTS[404]), 404, media_type=JSON)
