"""What every page of the agent's view stands in: templates, headers, and who may call.

The pages need no login, so they answer browsers on this machine only, and a POST only when it comes
from one of them: any page on the web could send one else, an award among them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.calling import LOCAL_HOSTS
from sandbox.gorgias.access import ACCOUNT, AGENT_ID
from sandbox.gorgias.account import account_of
from sandbox.gorgias.agent_macros import text_of_html
from sandbox.gorgias.moments import read_moment

APP_PATH = "/app"
FOLDER = Path(__file__).parent / "templates"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data: http: https:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not `no-referrer`: with it browsers send `Origin: null` with the pages' own forms.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PageError(Exception):
    """A page that cannot be shown: status and what to tell the agent."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(text)


def show(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """Return a page."""
    agent = account_of(request).desk.users.held[AGENT_ID]
    text = TEMPLATES.get_template(name).render(agent=agent, account=ACCOUNT, **values)
    return Response(text, status, HEADERS, "text/html; charset=utf-8")


def go_to(path: str) -> Response:
    """Send the browser on after a POST, so that a reload does not repeat it."""
    return RedirectResponse(path, 303, HEADERS)


async def answer_page_error(request: Request, error: Exception) -> Response:
    """Return the page that says why there is none."""
    status = error.status if isinstance(error, PageError) else 500
    return show(request, "error.html", status, code=status, text=str(error))


async def require_own_browser(request: Request) -> None:
    """Refuse who does not come from this machine or, with a POST, from these pages.

    Raises:
        PageError: 403.
    """
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOCAL_HOSTS:
        raise PageError(403, "These pages are for browsers on this machine.")
    if request.method in ("GET", "HEAD"):
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{host}"
    if origin not in (None, own) or site not in (None, "same-origin"):
        raise PageError(403, "This request comes from a page elsewhere.")


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form, lines ending as they do in Python."""
    body = (await request.body()).decode("utf-8", "replace")
    fields = parse_qs(body, keep_blank_values=True)
    return {name: values[-1].replace("\r\n", "\n") for name, values in fields.items()}


def _moment(text: Any) -> str:
    moment = read_moment(text)
    return f"{moment.day} {moment:%b %Y, %H:%M}" if moment else ""


def _message_text(message: Mapping[str, Any]) -> str:
    return str(message["body_text"] or text_of_html(str(message["body_html"] or "")))


TEMPLATES.filters |= {"moment": _moment, "message_text": _message_text}
