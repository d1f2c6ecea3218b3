"""New awards: find the member, see the limits, award.

Whoever is logged in is the agent: nobody awards here in another's name.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row

from loyalty_desk.awards.policy import Limit, find_limits
from loyalty_desk.awards.queue import (
    AwardKeyError,
    AwardLimitError,
    Door,
    Queued,
    awarded_today,
    queue_award,
)
from loyalty_desk.awards.requests import (
    MEMBER_ID,
    AwardFieldsError,
    agent_key,
    read_request,
)
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.card.emails import read_email
from loyalty_desk.mismatches.searches import find_email_key, read_words
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import Unit
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.desk.awards import word_of
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Awarding, Visitor

router = APIRouter(prefix="/desk/{store}/awards", route_class=DeskRoute)

FORM_FIELDS: Final = (
    *("email", "member_id", "amount", "unit", "reason", "note", "message", "ticket_id"),
    "idempotency_key",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A member who may be awarded, with what the limits still allow."""

    row: Row[Any]
    card: Mapping[str, Any]
    limits: Mapping[Unit, list[Limit]]


@router.get("/new")
def find_member(request: Request, visitor: Awarding) -> Response:
    """Look a member up, then show the form for an award."""
    who = read_words(request.query_params, "who")
    ticket = request.query_params.get("ticket_id", "")
    return _show_form(request, visitor, who, {"ticket_id": ticket}, {})


@router.post("/new")
def award(request: Request, visitor: Awarding, form: OwnForm) -> Response:
    """Queue an award; what is wrong with it is said beside each field."""
    fields = {name: form.get(name) for name in FORM_FIELDS if form.get(name)}
    try:
        wanted = read_request(
            {**fields, "agent": visitor.name}, visitor.store.awards, award_units(visitor.store)
        )
        with staging_engine().begin() as connection:
            now = staging_now(connection)
            queued = queue_award(connection, visitor.store, wanted, now, door=Door.DESK)
    except AwardFieldsError as error:
        return _show_form(request, visitor, _who(fields), fields, error.problems)
    except AwardLimitError as error:
        problems = {"amount": "; ".join(error.breaches.values())}
        return _show_form(request, visitor, _who(fields), fields, problems)
    except SharedAwardError:
        problems = {"email": "several members have this address; choose one of them below"}
        return _show_form(request, visitor, _who(fields), fields, problems)
    except AwardKeyError:
        problems = {"(form)": "this form was sent before with other content; it is a new one now"}
        return _show_form(request, visitor, _who(fields), fields, problems)
    return _show_queued(request, visitor, queued)


def _show_queued(request: Request, visitor: Visitor, queued: Queued) -> Response:
    where = f"/{visitor.store.name}/awards/{queued.award_id}"
    done = word_of(queued, "awarded") if queued.is_new else "repeated"
    return back_to(request, where, done=done)


def _show_form(
    request: Request,
    visitor: Visitor,
    who: str,
    fields: Mapping[str, str],
    problems: Mapping[str, str],
) -> Response:
    with reading(staging_engine()) as connection:
        found = _find(connection, visitor, who) if who else []
    return page(
        request,
        "new_award.html.j2",
        visitor,
        status=400 if problems else 200,
        place="Awards",
        who=who,
        email=read_email(who)[0],  # and no guess, where nobody is found
        found=found,
        fields=fields,
        problems=problems,
        # The same form sent twice is one award; a form that was refused may be mended.
        key=secrets.token_hex(8),
        units=[(unit.value, unit.value) for unit in Unit],
        reasons=[(reason, reason.replace("_", " ")) for reason in visitor.store.awards.reasons],
    )


def _find(connection: Connection, visitor: Visitor, who: str) -> list[Found]:
    """The members with that e-mail address or id."""
    store, now = visitor.store, staging_now(connection)
    if "@" in who:
        binds = {"store": store.name, "email_key": find_email_key(who)}
        rows = connection.execute(statement("desk/people/find_members_by_key"), binds).all()
    else:
        member_id = who if MEMBER_ID.fullmatch(who) else ""
        binds = {"store": store.name, "member_id": member_id}
        rows = connection.execute(statement("desk/people/select_member"), binds).all()
    agent = agent_key(visitor.name)
    return [
        Found(
            row=row,
            card=orjson.loads(row.card),
            limits={
                unit: find_limits(
                    unit,
                    awarded_today(
                        connection, store.name, now, agent=agent, subject=row.member_id, unit=unit
                    ),
                    store.awards,
                )
                for unit in Unit
            },
        )
        for row in rows
        if row.gone_at_utc is None
    ]


def _who(fields: Mapping[str, str]) -> str:
    return fields.get("member_id") or fields.get("email") or ""
