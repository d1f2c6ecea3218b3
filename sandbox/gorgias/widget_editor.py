"""The sidebar editor, far enough to make an HTTP button by hand on a widget's first card."""

import copy
import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from sandbox.clock import iso_naive
from sandbox.gorgias import agent_view
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.app_frame import (
    APP_PATH,
    PageError,
    go_to,
    read_form,
    require_own_browser,
    show,
)
from sandbox.gorgias.buttons import FORM, JSON, METHODS

router = APIRouter(prefix=f"{APP_PATH}/widgets", dependencies=[Depends(require_own_browser)])
FIELD = re.compile(r"([^=(]+?)\s*(?:\(([^)]*)\)\s*)?=(.*)")
EMPTY = {
    "label": "", "method": "POST", "url": "", "headers": "", "content_type": FORM, "sent": "",
    "asked": "",
}  # fmt: skip


@router.get("")
async def list_widgets(request: Request) -> Response:
    """Show all widgets."""
    account = account_of(request)
    held = sorted(
        account.desk.widgets.held.values(), key=lambda one: (one["order"] or 0, one["id"])
    )
    rows = [(widget, agent_view.heading(account, widget)) for widget in held]
    return show(request, "widgets.html", widgets=rows)


@router.get("/{widget_id}")
async def show_widget(request: Request, widget_id: int) -> Response:
    """Show the buttons of a widget's first card, and the form for one more."""
    return _page(request, _widget(account_of(request), widget_id), EMPTY, None)


@router.post("/{widget_id}")
async def change_widget(request: Request, widget_id: int) -> Response:
    """Add a button, or remove one."""
    account = account_of(request)
    widget = _widget(account, widget_id)
    form = EMPTY | dict(await read_form(request))
    template = copy.deepcopy(widget["template"])
    card = find_first_card(template)
    if card is None:
        return _page(request, widget, form, "The widget has no card to put a button on.")
    meta = card["meta"] = dict(card.get("meta") or {})
    custom = meta["custom"] = dict(meta.get("custom") or {})
    buttons = custom["buttons"] = list(custom.get("buttons") or [])
    if form.get("action") == "remove":
        place = form.get("place", "")
        if place.isdecimal() and int(place) < len(buttons):
            del buttons[int(place)]
    else:
        try:
            buttons.append(read_new_button(form))
        except ValueError as wrong:
            return _page(request, widget, form, str(wrong))
    widget["template"] = template
    widget["updated_datetime"] = iso_naive(account.ground.clock.now_us())
    return go_to(f"{APP_PATH}/widgets/{widget_id}")


def find_first_card(node: Any) -> dict[str, Any] | None:
    """Return the first card of a template that shows as one, from the top."""
    if not isinstance(node, dict):
        return None
    if node.get("type") == "card" and (node.get("meta") or {}).get("displayCard") is not False:
        return node
    found = (find_first_card(child) for child in node.get("widgets") or ())
    return next((card for card in found if card), None)


def read_new_button(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the button that a form describes.

    Raises:
        ValueError: it lacks something, or a line cannot be read.
    """
    label, url = form["label"].strip(), form["url"].strip()
    if not label or not url:
        raise ValueError("A button needs a label and an address.")
    if form["method"] not in METHODS or form["content_type"] not in (JSON, FORM):
        raise ValueError("The method or the content type is not known.")
    fields = [*_read_fields(form["sent"], editable=False)]
    fields += _read_fields(form["asked"], editable=True)
    return {
        "label": label,
        "action": {
            "method": form["method"],
            "url": url,
            "headers": _read_headers(form["headers"]),
            "params": [],
            "body": {"contentType": form["content_type"], "fields": fields},
        },
    }


def _read_headers(text: str) -> list[dict[str, str]]:
    headers = []
    for line in _lines(text):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError("A header is written as Name: value.")
        headers.append({"key": name.strip(), "value": value.strip()})
    return headers


def _read_fields(text: str, *, editable: bool) -> list[dict[str, Any]]:
    fields = []
    for line in _lines(text):
        found = FIELD.fullmatch(line)
        if found is None:
            raise ValueError("A field is written as key = value, or key (Label) = value.")
        key, label, value = found[1].strip(), (found[2] or found[1]).strip(), found[3].strip()
        fields.append({"key": key, "label": label, "value": value, "editable": editable})
    return fields


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _widget(account: Account, widget_id: int) -> dict[str, Any]:
    widget = account.desk.widgets.held.get(widget_id)
    if widget is None:
        raise PageError(404, f"There is no widget {widget_id}.")
    return widget


def _page(
    request: Request, widget: dict[str, Any], form: Mapping[str, str], wrong: str | None
) -> Response:
    card = find_first_card(widget["template"]) or {}
    buttons = ((card.get("meta") or {}).get("custom") or {}).get("buttons") or []
    return show(
        request,
        "widget.html",
        400 if wrong else 200,
        widget=widget,
        heading=agent_view.heading(account_of(request), widget),
        card_title=card.get("title"),
        buttons=[_summary(button) for button in buttons],
        form=form,
        wrong=wrong,
        methods=METHODS,
        content_types=(FORM, JSON),
    )


def _summary(button: Any) -> dict[str, Any]:
    """Return what the list of buttons tells: names of headers, never their values."""
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(action, dict):
        return {"label": "?", "method": "", "url": "", "headers": [], "fields": []}
    body = action.get("body") or {}
    return {
        "label": button.get("label"),
        "method": action.get("method"),
        "url": str(action.get("url")).partition("?")[0],
        "headers": [one.get("key") for one in action.get("headers") or ()],
        "fields": [one.get("key") for one in body.get("fields") or ()],
    }
