"""What every page of the desk has in common: its frame, its headers, how it says no."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from fastapi import HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import DBAPIError

from loyalty_desk.card.emails import masked, masked_name, masked_within
from loyalty_desk.first_steps.step import Call
from loyalty_desk.hooks.account_zones import shown_zone
from loyalty_desk.hooks.elsewhere import elsewhere_of
from loyalty_desk.report import formats
from loyalty_desk.web import wording
from loyalty_desk.web.answers import CLOSED, WebError
from loyalty_desk.web.forms import FIELD, form_token
from loyalty_desk.web.rights import Visitor, login_url

log = logging.getLogger(__name__)

HERE: Final = Path(__file__).parent
TEMPLATES: Final = (HERE / "templates", HERE.parent / "report" / "templates")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PLACES: Final = (
    ("", "Overview"),
    ("mismatches", "Mismatches"),
    ("awards", "Awards"),
    ("goodwill", "Goodwill"),
    ("customers", "Customer"),
    ("quality", "Quality"),
    ("setup", "Setup"),
)


class DeskRoute(APIRoute):
    """A route of a page: has the pages' headers, says no with a page, sends who must log in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except WebError as error:
                response = _say_no(request, error.status, error.error)
            except HTTPException as error:
                response = _log_in(request, error)
            except CLOSED as error:
                reason = type(error).__name__ if isinstance(error, DBAPIError) else str(error)
                log.error("a page of the desk cannot be shown: %s", reason)
                response = _say_no(request, 503, "The data cannot be read now. Try again shortly.")
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return answer


def page(
    request: Request, name: str, visitor: Visitor, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Answer with a template in the frame of the desk."""
    frame = {
        "base": base_of(request),
        "here": f"{base_of(request)}/{visitor.store.name}",
        "visitor": visitor,
        "store": visitor.store,
        "zone": values["zone"] if "zone" in values else shown_zone(visitor.store),
        "places": PLACES,
        "airflow": airflow_of(request),
        # By this server's own paths, as links of one page to the next are.
        "elsewhere": replace(elsewhere_of(visitor.store), airflow=airflow_of(request)),
        "form_field": FIELD,
        "form_token": form_token(visitor.user_id),
        "said": said(request),
        "address": masked if not visitor.sees_addresses else str,
        "named": masked_name if not visitor.sees_addresses else _name,
        "told": masked_within if not visitor.sees_addresses else _name,
    }
    return HTMLResponse(templates().get_template(name).render({**frame, **values}), status)


def back_to(request: Request, path: str, *, fragment: str = "", **query: Any) -> RedirectResponse:
    """Send the browser to a page of the desk after a form; `path` begins with a slash."""
    asked = f"?{urlencode(query)}" if query else ""
    asked += f"#{quote(fragment, safe='')}" if fragment else ""
    return RedirectResponse(f"{base_of(request)}{path}{asked}", status_code=303)


def base_of(request: Request) -> str:
    """Where the desk begins, wherever Airflow is mounted."""
    return f"{request.scope.get('root_path', '')}/desk"


def airflow_of(request: Request) -> str:
    """Where Airflow itself is mounted: its REST API is below."""
    return str(request.scope.get("root_path", "")).removesuffix("/loyalty")


SAID: Final = {
    "linked": "Linked. The next sync shows the card.",
    "refused": "Refused. It is suggested no more.",
    "ignored": "Ignored.",
    "undone": "Undone.",
    "awarded": "The award is queued.",
    "waits": "Nothing is booked yet: another person has to approve it.",
    "repeated": "Sent twice: nothing new was queued. This is the award that was queued before.",
    "approved": "Approved.",
    "rejected": "Rejected.",
    "doubted": "Not approved. It may have been booked before the restore, so it is unknown: look at"
    " the platform, then settle it.",
    "applied": "Settled as booked.",
    "sent_again": "It is sent again.",
    "waits_again": "It waits for approval again.",
    "reversed": "The award that takes it back is queued.",
    "taken_back": "Taken back as far as it could be: the results say what became of each.",
    "revoked": "The token is revoked.",
    "tested": "Tested: the first step says what came of it.",
    "moved": "Tested: the first step says what came of it. The store's schedules go by another time"
    " zone from now on, that of the Gorgias account: see Settings in force.",
    "looked": "Noted: the report is right.",
}
"""What a page says after a form: by a word in the address, so no text of others is repeated."""


def said(request: Request) -> str | None:
    return SAID.get(request.query_params.get("done", ""))


@cache
def templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        **formats.FILTERS,
        **wording.FILTERS,
        "url": lambda values: urlencode({key: value for key, value in values.items() if value}),
        "amount": _amount,
        "calls": _calls,
        "cell": _cell,
    }
    environment.globals["share"] = formats.share
    return environment


def _amount(award: Any) -> str:
    from loyalty_desk.awards.queue import amount_text  # noqa: PLC0415 - for pages of awards only

    return amount_text(award)


def _cell(value: Any, kind: str) -> str:
    """A value of a table of goodwill, as people read it."""
    if value is None:
        return formats.NOT_REACHED
    shapes = {"share": "{:.1%}", "rate": "{:,.2f}", "text": "{}", "day": "{}"}
    return shapes.get(kind, "{:,}").format(value)


def _calls(calls: Sequence[Call], airflow: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Requests to Airflow's API as the script makes them."""
    return [(call.method, f"{airflow}{call.path}", call.body) for call in calls]


def _name(name: str | None) -> str:
    """A name as it is kept; nothing where there is none."""
    return name or ""


def _log_in(request: Request, error: HTTPException) -> Response:
    """Ask somebody who is not logged in to do so, and say no to everybody else."""
    if error.status_code == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        # Without its query, which would then stand in the log of the log-in page, as would an
        # address in its path.
        path = request.url.path
        if "@" in unquote(path):
            path = f"{base_of(request)}/{request.path_params['store']}"
        return RedirectResponse(login_url(path), status_code=303)
    return _say_no(request, error.status_code, "Log in to Airflow and try again.")


def _say_no(request: Request, status: int, why: str) -> HTMLResponse:
    title = HTTPStatus(status).phrase
    text = (
        templates()
        .get_template("no.html.j2")
        .render(base=base_of(request), status=status, title=title, why=why)
    )
    return HTMLResponse(text, status)
