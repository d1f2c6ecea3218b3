"""Tokens for the API, made, replaced and revoked on the set-up page."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import NoTokenError, make_token, replace_token, revoke_token
from loyalty_desk.plain_text import clean_prose
from loyalty_desk.records import Opens
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.journalled import journalled
from loyalty_desk.web.desk.setup import setup_page
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to
from loyalty_desk.web.rights import SettingUp

router = APIRouter(prefix="/desk/{store}/setup/tokens", route_class=DeskRoute)

MOST_LABEL: Final = 100
OVERLAPS_H: Final = (1, 24, 168)
"""How long both tokens may hold: what the page offers."""


@router.post("")
def make(request: Request, visitor: SettingUp, form: OwnForm) -> Response:
    """Make a token and show it, this once."""
    label, opens = clean_prose(form.get("label")), form.get("opens")
    if not label or len(label) > MOST_LABEL:
        problem = f"Say what it is for, in {MOST_LABEL} characters."
        return setup_page(request, visitor, problem=problem)
    if opens not in set(Opens):
        return setup_page(request, visitor, problem="Choose which endpoint it opens.")
    with staging_engine().begin() as connection:
        token = make_token(
            connection,
            visitor.store.name,
            utc_now(),
            label=label,
            made_by=visitor.name,
            opens=Opens(opens),
        )
    return setup_page(request, visitor, token=token)


@router.post("/{token_id}/replace")
def replace(request: Request, visitor: SettingUp, form: OwnForm, token_id: str) -> Response:
    """Make a token like an old one and show it, this once; the old one holds for a time."""
    hours = form.get("hours")
    if not token_id.isalnum() or hours not in {str(count) for count in OVERLAPS_H}:
        raise WebError(404, "There is no such token, or no such time.")
    now = utc_now()
    try:
        with staging_engine().begin() as connection:
            token = replace_token(
                connection,
                visitor.store.name,
                token_id,
                now,
                made_by=visitor.name,
                ends_at=now + timedelta(hours=int(hours)),
            )
    except NoTokenError:
        raise WebError(404, "There is no such token that is in use without an end.") from None
    return journalled(setup_page(request, visitor, token=token))


@router.post("/{token_id}/revoke")
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
    return journalled(back_to(request, f"/{visitor.store.name}/setup", done="revoked"))
