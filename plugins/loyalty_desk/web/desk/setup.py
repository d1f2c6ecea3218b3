"""Setup: what connect made in Gorgias, the tokens, what to paste, and the settings in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from loyalty_desk.clock import utc_now
from loyalty_desk.connect import button
from loyalty_desk.connect.tokens import NoTokenError, list_tokens, make_token, revoke_token
from loyalty_desk.connect.urls import AWARDS_PATH, public_url
from loyalty_desk.errors import SettingsError
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.plain_text import clean_prose
from loyalty_desk.records import Opens
from loyalty_desk.settings.sections import NotifierSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.store_state import StateKey, find_state
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import SettingUp, Visitor

router = APIRouter(prefix="/desk/{store}/setup", route_class=DeskRoute)

MOST_LABEL: Final = 100


@router.get("")
def show_setup(request: Request, visitor: SettingUp) -> Response:
    """Everything of a store's set-up; no secret is shown."""
    return _show(request, visitor)


@router.post("/tokens")
def make(request: Request, visitor: SettingUp, form: OwnForm) -> Response:
    """Make a token and show it, this once."""
    label, opens = clean_prose(form.get("label")), form.get("opens")
    if not label or len(label) > MOST_LABEL:
        return _show(request, visitor, problem=f"Say what it is for, in {MOST_LABEL} characters.")
    if opens not in set(Opens):
        return _show(request, visitor, problem="Choose which endpoint it opens.")
    with staging_engine().begin() as connection:
        token = make_token(
            connection,
            visitor.store.name,
            utc_now(),
            label=label,
            made_by=visitor.name,
            opens=Opens(opens),
        )
    return _show(request, visitor, token=token)


@router.post("/tokens/{token_id}/revoke")
def revoke(request: Request, visitor: SettingUp, _form: OwnForm, token_id: str) -> Response:
    """Revoke a token, at once and for good."""
    if not token_id.isalnum():
        raise WebError(404, "There is no such token.")
    try:
        with staging_engine().begin() as connection:
            revoke_token(
                connection, visitor.store.name, token_id, utc_now(), revoked_by=visitor.name
            )
    except NoTokenError:
        raise WebError(404, "There is no such token that is in use.") from None
    return back_to(request, f"/{visitor.store.name}/setup", done="revoked")


def _show(
    request: Request, visitor: Visitor, *, token: str | None = None, problem: str = ""
) -> Response:
    store, engine = visitor.store, staging_engine()
    with reading(engine) as connection:
        tokens = list_tokens(connection, store.name)
        disconnected = find_state(connection, store.name, StateKey.DISCONNECTED) is not None
    made = [
        (kind.value.replace("_", " "), key, gorgias_id)
        for kind in Kind
        for key, gorgias_id in sorted(known_objects(engine, store.name, kind).items())
    ]
    try:
        awards_url, address_problem = f"{public_url()}{AWARDS_PATH}", ""
    except SettingsError as error:
        awards_url, address_problem = "", str(error)
    return page(
        request,
        "setup.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Setup",
        made=made,
        tokens=tokens,
        token=token,
        problem=problem,
        disconnected=disconnected,
        asks_about_widget=any(kind == Kind.WIDGET for kind, *_ in made)
        and store.widgets_read_place
        and "widget_reads" not in store.gorgias.model_fields_set,
        buttons=button.tables(awards_url, store.awards.reasons[0]) if awards_url else {},
        hints=button.hints(store.awards),
        address_problem=address_problem,
        endpoints=[(one.value, one.value) for one in Opens],
        settings=list(_settings(store, "")),
    )


def _settings(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    """Each setting with its value. What a notifier is made with may be secret, so it stays out."""
    for name in type(model).model_fields:
        value: Any = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, NotifierSettings):
        return value.notifier
    if isinstance(value, tuple):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
