"""Setup: the check-list of a store, what connect made in Gorgias, and the settings in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from loyalty_desk.clock import utc_now
from loyalty_desk.connect import button
from loyalty_desk.connect.tokens import is_over, list_tokens
from loyalty_desk.connect.urls import AWARDS_PATH
from loyalty_desk.first_steps.checklist import checklist, next_step, summary
from loyalty_desk.first_steps.facts import Facts, Try
from loyalty_desk.first_steps.gather import keep_look, keep_tries, load_facts
from loyalty_desk.first_steps.step import NEXT, SETTLED, State, Step
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.hooks.account_zones import learn_account_zone
from loyalty_desk.hooks.trying import Tried, try_gorgias, try_platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Opens
from loyalty_desk.settings.sections import NotifierSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import CLOSED
from loyalty_desk.web.desk.overview import has_file
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Right, SeeingSetup, Settling, Testing, Visitor

router = APIRouter(prefix="/desk/{store}/setup", route_class=DeskRoute)

SIGNS: Final = {
    State.DONE: "✓",
    State.RUNNING: "…",
    State.TO_DO: "○",
    State.LATER: "○",
    State.WRONG: "✕",
    State.UNSEEN: "?",
    State.NOT_NEEDED: "·",
}
MARKS: Final = {
    State.DONE: "good",
    State.RUNNING: "look",
    State.TO_DO: "look",
    State.LATER: "later",
    State.WRONG: "bad",
    State.UNSEEN: "look",
    State.NOT_NEEDED: "later",
}
REPORT: Final = "report.html"
AWAY: Final = (
    "The desk does not find its file: the log of the run's task report says where it was written."
)
NOT_THE_NEWEST: Final = (
    "Nothing was noted: this is not the report of the newest dry run that ended well. Open the one"
    " below, then say whether it is right."
)


@router.get("")
def show_setup(request: Request, visitor: SeeingSetup) -> Response:
    """The check-list for everybody; what is below it for who may set up. No secret is shown."""
    return setup_page(request, visitor)


@router.get("/steps")
def show_steps(request: Request, visitor: SeeingSetup) -> Response:
    """The check-list alone: the part of the page that renews itself."""
    return page(
        request, "steps.html.j2", visitor, **_steps(load_facts(visitor.store, visitor.away))
    )


@router.post("/test")
def try_connections(request: Request, visitor: Testing, _form: OwnForm) -> Response:
    """Read once from each account, and remember what came of it."""
    store = visitor.store
    tried = {
        store.gorgias_conn_id: try_gorgias(store.gorgias_conn_id),
        store.platform_conn_id: try_platform(
            store.platform_conn_id, platform_class(store.platform)
        ),
    }
    moved = learn_account_zone(store, tried[store.gorgias_conn_id].time_zone)
    try:
        with staging_engine().begin() as connection:
            keep_tries(connection, store.name, tried)
    except CLOSED:
        return setup_page(request, visitor, tested=tried)
    return back_to(request, f"/{store.name}/setup", done="moved" if moved else "tested")


@router.post("/looked")
def say_it_is_right(request: Request, visitor: Settling, form: OwnForm) -> Response:
    """Note who looked at the report of the dry run and found it right."""
    run_id = form.get("run_id")
    with staging_engine().begin() as connection:
        kept = keep_look(connection, visitor.store.name, run_id=run_id, by=visitor.name)
    if not kept:
        return setup_page(request, visitor, problem=NOT_THE_NEWEST)
    return back_to(request, f"/{visitor.store.name}/setup", done="looked")


def setup_page(
    request: Request,
    visitor: Visitor,
    *,
    token: str | None = None,
    problem: str = "",
    tested: dict[str, Tried] | None = None,
) -> Response:
    """The page, with a token that was just made, or what is wrong with a form."""
    facts = load_facts(visitor.store, visitor.away)
    is_open = visitor.may(Right.SET_UP) and facts.remembered is not None
    return page(
        request,
        "setup.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Setup",
        token=token,
        problem=problem,
        tested=[f"{conn_id}: {one.sentence}" for conn_id, one in (tested or {}).items()],
        details=_details(facts) if is_open else None,
        **_steps(facts),
    )


def _steps(facts: Facts) -> dict[str, Any]:
    steps = [_with_report(facts.store.name, step) for step in checklist(facts)]
    return {
        "steps": steps,
        "next": next_step(steps),
        "summary": summary(steps),
        "settled": sum(step.state in SETTLED for step in steps),
        "open_states": (*NEXT, State.UNSEEN),
        "signs": SIGNS,
        "marks": MARKS,
    }


def _with_report(store: str, step: Step) -> Step:
    """The step without links to reports whose file is not there, and saying so."""
    links = tuple(link for link in step.links if _leads_somewhere(store, link.path))
    if links == step.links:
        return step
    return replace(step, links=links, todo=f"{step.todo} {AWAY}".strip())


def _leads_somewhere(store: str, path: str) -> bool:
    if not path.endswith(REPORT):
        return True
    run_id = path.removeprefix("/runs/").removesuffix(f"/{REPORT}")
    return has_file(store, run_id, REPORT)


def _details(facts: Facts) -> dict[str, Any]:
    """What is below the check-list."""
    store, engine = facts.store, staging_engine()
    with reading(engine) as connection:
        now = utc_now()
        tokens: Sequence[Mapping[str, Any]] = [
            {**one._mapping, "is_over": is_over(one, now)}
            for one in list_tokens(connection, store.name)
        ]
    made = [
        (kind.value.replace("_", " "), key, gorgias_id)
        for kind in Kind
        for key, gorgias_id in sorted(known_objects(engine, store.name, kind).items())
    ]
    reason = store.awards.reasons[0]
    return {
        "made": made,
        "tokens": tokens,
        "asks_about_widget": any(kind == Kind.WIDGET for kind, *_ in made)
        and store.widgets_read_place
        and "widget_reads" not in store.gorgias.model_fields_set,
        "buttons": button.tables(f"{facts.address}{AWARDS_PATH}", reason) if facts.address else {},
        "hints": button.hints(store.awards),
        "address_problem": facts.address_trouble,
        "endpoints": [(one.value, one.value) for one in Opens],
        "settings": list(_settings(store, "")),
        "account": _account_try(facts),
        "zone": facts.time_zone,
        "learned": facts.account_zone,
    }


def _account_try(facts: Facts) -> Try | None:
    """What was seen of the Gorgias account, if it told its time zone."""
    tries = facts.remembered.tries if facts.remembered else {}
    seen = tries.get(facts.store.gorgias_conn_id)
    return seen if seen and seen.time_zone else None


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
