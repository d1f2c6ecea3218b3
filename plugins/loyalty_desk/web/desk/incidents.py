"""Incidents: everybody behind some tickets is compensated, once another person approves it.

Whoever is logged in is the agent. Nothing is asked for before its preview was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from loyalty_desk.awards.incidents.asking import OtherIncidentError, ask
from loyalty_desk.awards.incidents.choice import FIELDS, read_incident
from loyalty_desk.awards.incidents.fates import WORDS, Fate
from loyalty_desk.awards.incidents.preview import (
    Preview,
    find_balances,
    look,
    sample_note,
)
from loyalty_desk.awards.incidents.tickets import choose
from loyalty_desk.awards.requests import AwardFieldsError
from loyalty_desk.clock import in_zone, parse_utc
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.account_zones import zone_of
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.watermarks import find_watermark
from loyalty_desk.web.desk.costs import Outlay, load_outlay
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Awarding, Visitor

router = APIRouter(prefix="/desk/{store}/awards/incident", route_class=DeskRoute)

CHANNELS: Final = ("email", "chat", "phone", "sms", "whatsapp", "facebook-messenger", "instagram")
"""Suggested beside what anybody may type; see the API reference on `channel`."""
SHOWN: Final = 50
"""People of each class that the page lists; the file has all, once it was asked for."""
NEWEST: Final = 20


@router.get("")
def show_form(request: Request, visitor: Awarding) -> Response:
    """The form, and what was asked for lately."""
    return _show(request, visitor, {})


@router.post("")
def preview_or_ask(request: Request, visitor: Awarding, form: OwnForm) -> Response:
    """Show what it would do; once that was seen, ask another person for it."""
    fields = {name: form.get(name) for name in FIELDS if form.get(name)}
    store, engine = visitor.store, staging_engine()
    try:
        incident = read_incident(
            fields, store.awards, award_units(store), agent=visitor.name, time_zone=zone_of(store)
        )
    except AwardFieldsError as error:
        return _show(request, visitor, fields, problems=error.problems)
    try:
        tickets = choose(engine, store, incident.choice)
        now = ask_staging_now(engine)
        if form.get("action") == "ask" and (seen := form.get("seen")):
            asked = ask(engine, store, incident, tickets, now, seen=seen)
            if asked.batch_id is not None:
                return back_to(
                    request, f"/{store.name}/awards/batches/{asked.batch_id}", done="waits"
                )
            return _show(request, visitor, fields, found=asked.preview)
        with reading(engine) as connection:
            found = look(connection, store, incident, tickets, now)
    except OtherIncidentError as error:
        return _show(request, visitor, fields, found=error.preview, problems={"": str(error)})
    except LoyaltyDeskError as error:
        return _show(request, visitor, fields, problems={"": str(error)})
    return _show(request, visitor, fields, found=found)


def _show(
    request: Request,
    visitor: Visitor,
    fields: Mapping[str, str],
    *,
    found: Preview | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    store = visitor.store
    with reading(staging_engine()) as connection:
        binds = {"store": store.name, "most": NEWEST}
        newest = connection.execute(statement("awards/incidents/select_newest"), binds).all()
        read_to_utc = find_watermark(connection, store.name, "tickets").since
        outlay = _outlay(connection, store, found) if found else None
        balances = find_balances(connection, store.name, found, SHOWN) if found else {}
    return page(
        request,
        "incident.html.j2",
        visitor,
        status=400 if problems else 200,
        place="Awards",
        fields=fields,
        problems=problems or {},
        newest=newest,
        read_to_utc=read_to_utc,
        found=found,
        chosen=len(found.of(Fate.AWARD)) if found else 0,
        outlay=outlay,
        balances=balances,
        note=sample_note(found, store, balances) if found else None,
        words=WORDS,
        who=_who(found) if found else [],
        shown=SHOWN,
        channels=CHANNELS,
        zone=zone_of(store),
        units=[(unit.value, unit.value) for unit in award_units(store)],
        reasons=[(reason, reason.replace("_", " ")) for reason in store.awards.reasons],
    )


def _who(found: Preview) -> list[tuple[str, Sequence[int], str]]:
    """Each class with its people and tickets and what it means, and the sum of them."""
    rows = [(WORDS[fate][0], numbers, WORDS[fate][1]) for fate, numbers in found.counts.items()]
    if strangers := found.tickets.strangers:
        rows.append(("Nobody known", (0, strangers), "Gorgias knows no customer who sent them."))
    everybody = (len(found.people), found.tickets.count)
    return [*rows, ("All", everybody, "The sum of the lines above.")]


def _outlay(connection: Connection, store: StoreSettings, found: Preview) -> Outlay:
    unit = found.incident.gift.unit
    return load_outlay(
        connection,
        store,
        staging_now(connection),
        before={unit: found.before_parts},
        added={unit: found.added_parts},
    )


def choice_text(choice: Mapping[str, Any], zone: str) -> str:
    """Which tickets were chosen, in words."""
    said = (
        ("tag", "with the tag {}"),
        ("view_id", "in view {}"),
        ("channel", "by {}"),
        ("from_utc", "made from {}"),
        ("until_utc", "made before {}"),
    )
    times = {
        name: in_zone(parse_utc(choice[name]), zone)
        for name in ("from_utc", "until_utc")
        if choice.get(name)
    }
    shown = {**choice, **times}
    return ", ".join(words.format(shown[name]) for name, words in said if shown.get(name))
