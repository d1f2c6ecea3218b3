"""Awards: the queue and its history, one award's timeline, and what people decide about one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row

from loyalty_desk.awards.approval import find_own_part
from loyalty_desk.awards.batches import list_waiting_batches
from loyalty_desk.awards.deciding import decide_once
from loyalty_desk.awards.queue import (
    Door,
    NoAwardError,
    Queued,
    get_award,
    get_events,
    settle_unknown,
    state_to_send_from,
)
from loyalty_desk.awards.requests import AwardFieldsError
from loyalty_desk.awards.reversal import read_reversal, reverse_award
from loyalty_desk.classes import ClassText
from loyalty_desk.clock import in_zone, parse_utc
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.account_zones import shown_zone
from loyalty_desk.mismatches.searches import find_email_key, find_id, read_page, read_words
from loyalty_desk.plain_text import clean_prose
from loyalty_desk.records import AwardState
from loyalty_desk.report.award_texts import award_text
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.approving import load_outlook
from loyalty_desk.web.forms import Form, OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Approving, Awarding, Right, Seeing, Visitor
from loyalty_desk.web.wording import door

router = APIRouter(prefix="/desk/{store}/awards", route_class=DeskRoute)

FACTS: Final = {
    "door": "came in",
    "token_id": "token",
    "queued_by": "queued by",
    "balance_before": "balance before",
    "balance_after": "balance after",
    "entry_id": "entry in the platform's ledger",
}
"""What was known at a step of an award, as the page calls it."""
PAGE_ROWS: Final = 50
MOST_WHY: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardFilter:
    """Which awards, by state and words, and which page of them."""

    state: AwardState | None
    words: str
    page: int


@router.get("")
def show_awards(request: Request, visitor: Seeing) -> Response:
    """The queue and the history, filtered by the query."""
    chosen = _read_filter(request)
    with reading(staging_engine()) as connection:
        rows = counted = _load(connection, visitor.store.name, chosen)
        if not rows and chosen.page > 1:  # beyond the last page no row tells how many there are
            counted = _load(connection, visitor.store.name, replace(chosen, page=1))
        batches = list_waiting_batches(connection, visitor.store.name)
    found = counted[0].found if counted else 0
    return page(
        request,
        "awards.html.j2",
        visitor,
        place="Awards",
        chosen=chosen,
        query={"state": chosen.state or "", "q": chosen.words},
        rows=rows,
        batches=batches,
        found=found,
        pages=-(-found // PAGE_ROWS) or 1,
        states=[(state.value, state.value.replace("_", " ")) for state in AwardState],
    )


@router.get("/{award_id}")
def show_award(request: Request, visitor: Seeing, award_id: str) -> Response:
    """One award: for whom, how much, why, and everything that happened to it."""
    return _show_one(request, visitor, award_id)


@router.post("/{award_id}/approval")
def answer(request: Request, visitor: Approving, form: OwnForm, award_id: str) -> Response:
    """Approve or reject one that waits for it; whoever asked for it cannot approve it."""
    approved = read_decision(form)
    if approved is None:
        return _show_one(request, visitor, award_id, problem="Choose approve or reject.")
    store, why = visitor.store.name, read_why(form) or None
    with reading(staging_engine()) as connection:
        award_id = _get(connection, visitor, award_id).award_id
    try:
        state = decide_once(
            staging_engine(), store, award_id, approved=approved, by=visitor.name, why=why
        )
    except LoyaltyDeskError as error:
        return _show_one(request, visitor, award_id, problem=f"Not done: {error}.")
    done = "doubted" if state == AwardState.UNKNOWN else state.value
    return _back(request, visitor, award_id, done)


@router.post("/{award_id}/outcome")
def settle(request: Request, visitor: Approving, form: OwnForm, award_id: str) -> Response:
    """Say what became of an award that nobody can tell of."""
    was_applied = {"applied": True, "send_again": False}.get(form.get("action"))
    why = read_why(form)
    if was_applied is None or not why:
        problem = "Say whether it is booked on the platform, and how you know."
        return _show_one(request, visitor, award_id, problem=problem)
    try:
        with staging_engine().begin() as connection:
            state = settle_unknown(
                connection,
                visitor.store.name,
                _get(connection, visitor, award_id).award_id,
                staging_now(connection),
                was_applied=was_applied,
                actor=visitor.name,
                why=why,
            )
    except LoyaltyDeskError as error:
        return _show_one(request, visitor, award_id, problem=f"Not done: {error}.")
    done = {AwardState.APPLIED: "applied", AwardState.NEEDS_APPROVAL: "waits_again"}
    return _back(request, visitor, award_id, done.get(state, "sent_again"))


@router.post("/{award_id}/reversal")
def reverse(request: Request, visitor: Awarding, form: OwnForm, award_id: str) -> Response:
    """Take an applied award back by a new one, once."""
    try:
        agent, why = read_reversal({"agent": visitor.name, "note": form.get("why")})
        with staging_engine().begin() as connection:
            queued = reverse_award(
                connection,
                visitor.store,
                _get(connection, visitor, award_id).award_id,
                staging_now(connection),
                agent=agent,
                why=why,
                door=Door.DESK,
            )
    except AwardFieldsError as error:
        problem = f"Say why: {'; '.join(error.problems.values())}."
        return _show_one(request, visitor, award_id, problem=problem)
    except LoyaltyDeskError as error:
        return _show_one(request, visitor, award_id, problem=f"Not done: {error}.")
    return _back(request, visitor, queued.award_id, word_of(queued, "reversed"))


def _show_one(request: Request, visitor: Visitor, award_id: str, *, problem: str = "") -> Response:
    with reading(staging_engine()) as connection:
        award = _get(connection, visitor, award_id)
        events = get_events(connection, visitor.store.name, award.award_id)
        own_part = find_own_part(connection, visitor.store.name, award.award_id, visitor.name)
        is_to_approve = award.state == AwardState.NEEDS_APPROVAL and visitor.may(Right.APPROVE)
        now = staging_now(connection)
        outlook = load_outlook(connection, visitor.store, award, now) if is_to_approve else None
        reversal = connection.execute(
            statement("awards/reading/select_reversal"),
            {"store": visitor.store.name, "award_id": award.award_id},
        ).first()
    zone = shown_zone(visitor.store)
    return page(
        request,
        "award.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Awards",
        award=award,
        text=_text(award),
        zone=zone,
        events=[(event, _facts(event, zone)) for event in events],
        reversal=reversal,
        own_part=own_part,
        outlook=outlook,
        sent_from=state_to_send_from(award, events).value,
        problem=problem,
    )


def _get(connection: Connection, visitor: Visitor, award_id: str) -> Row[Any]:
    """The award; raises WebError 404. What cannot be an id is not looked for."""
    try:
        if not award_id.isalnum():
            raise NoAwardError
        return get_award(connection, visitor.store.name, award_id)
    except NoAwardError:
        raise WebError(404, "There is no such award.") from None


def word_of(queued: Queued, otherwise: str) -> str:
    """What the page is to say of a new award: that it waits, or else that word."""
    return "waits" if queued.state is AwardState.NEEDS_APPROVAL else otherwise


def read_decision(form: Form) -> bool | None:
    """Whether somebody approves, or rejects; None when they chose neither."""
    return {"approve": True, "reject": False}.get(form.get("action"))


def read_why(form: Form) -> str:
    """Why somebody decides; empty when they do not say."""
    return (clean_prose(form.get("why")) or "")[:MOST_WHY]


def _back(request: Request, visitor: Visitor, award_id: str, done: str) -> Response:
    return back_to(request, f"/{visitor.store.name}/awards/{award_id}", done=done)


def _text(award: Row[Any]) -> ClassText | None:
    """What a refused or unknown award means, and what to do."""
    if award.state not in {AwardState.REFUSED, AwardState.UNKNOWN}:
        return None
    return award_text(award.state, award.detail, by_email=award.member_id is None, is_member=False)


def _facts(event: Row[Any], zone: str) -> dict[str, Any]:
    """What was known at a step, in words; who it is for is above the timeline already."""
    facts: dict[str, Any] = json.loads(event.facts)
    shown: dict[str, Any] = {
        label: facts[name] for name, label in FACTS.items() if facts.get(name) is not None
    }
    if "door" in facts:
        shown[FACTS["door"]] = door(facts["door"])
    if facts.get("member_ids"):
        shown["members with the address"] = ", ".join(map(str, facts["member_ids"]))
    if facts.get("approve_by_utc"):
        shown["rejected by itself after"] = in_zone(parse_utc(facts["approve_by_utc"]), zone)
    return shown


def _read_filter(request: Request) -> AwardFilter:
    query = request.query_params
    state = query.get("state", "")
    return AwardFilter(
        state=AwardState(state) if state in set(AwardState) else None,
        words=read_words(query),
        page=read_page(query),
    )


def _load(connection: Connection, store: str, chosen: AwardFilter) -> list[Row[Any]]:
    words = chosen.words
    binds = {
        "store": store,
        "state": chosen.state or "",
        "words": words,
        "email_key": find_email_key(words) or "",
        "ticket_id": find_id(words) or 0,
        "most": PAGE_ROWS,
        "skip": (chosen.page - 1) * PAGE_ROWS,
    }
    return list(connection.execute(statement("desk/awards/select_awards_page"), binds).all())
