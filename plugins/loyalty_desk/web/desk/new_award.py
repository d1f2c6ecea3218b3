"""New awards: find the member, see the limits, award; or many at once from a file, with a preview.

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

from loyalty_desk.awards.csv_import import (
    AwardFile,
    AwardFileError,
    Import,
    import_awards,
    read_content,
)
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
    FIELDS,
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
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.desk.awards import word_of
from loyalty_desk.web.forms import Form, OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Awarding, Visitor

router = APIRouter(prefix="/desk/{store}/awards", route_class=DeskRoute)

FORM_FIELDS: Final = (
    *("email", "member_id", "amount", "unit", "reason", "note", "message", "ticket_id"),
    "idempotency_key",
)
SHOWN_LINES: Final = 100


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


@router.get("/import")
def choose_file(request: Request, visitor: Awarding) -> Response:
    """Choose a file of awards."""
    return _show_import(request, visitor)


@router.post("/import")
def import_file(request: Request, visitor: Awarding, form: OwnForm) -> Response:
    """Show what a file would do; once that was seen, do it."""
    try:
        file = _read_file(form)
        is_preview = form.get("action") != "import"
        done = import_awards(
            staging_engine(),
            visitor.store,
            file,
            ask_staging_now(staging_engine()),
            agent=visitor.name,
            preview=is_preview,
        )
    except AwardFileError as error:
        return _show_import(request, visitor, problem=f"{error}.")
    return _show_import(request, visitor, file=file, done=done, is_preview=is_preview)


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


def _read_file(form: Form) -> AwardFile:
    """The file that was chosen, or the one whose preview was seen; raises AwardFileError."""
    door = Door.BATCH if form.get("whole") else Door.DESK
    if "file" in form.files and form.files["file"][0]:
        name, content = form.files["file"]
        return read_content(name, content, door)
    if not form.get("content"):
        raise AwardFileError("choose a file first")
    text = form.all("content")[0]
    return AwardFile(form.get("name") or "the file", text, door)


def _show_import(
    request: Request,
    visitor: Visitor,
    *,
    file: AwardFile | None = None,
    done: Import | None = None,
    is_preview: bool = True,
    problem: str = "",
) -> Response:
    return page(
        request,
        "import.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Awards",
        file=file,
        done=done,
        bad=sorted(done.bad_lines.items()) if done else [],
        notices=sorted(done.notices.items()) if done else [],
        is_preview=is_preview,
        is_batch=file is not None and file.door is Door.BATCH,
        problem=problem,
        columns=[name for name in FIELDS if name != "agent"],
        shown_lines=SHOWN_LINES,
    )
