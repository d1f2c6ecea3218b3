"""A batch of awards, of a file or of an incident: decided, followed and taken back as a whole."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row

from loyalty_desk.awards.approval import find_own_part
from loyalty_desk.awards.batch_results import UNSETTLED, Result, Results, load_results, sum_up
from loyalty_desk.awards.batches import (
    decide_whole,
    find_incident,
    get_batch,
    waits_with_the_whole,
)
from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.policy import from_parts, signed
from loyalty_desk.awards.queue import NoAwardError
from loyalty_desk.awards.requests import AwardFieldsError
from loyalty_desk.awards.reversal import REASON, read_reversal
from loyalty_desk.awards.taking_back_all import Wish, take_back_all
from loyalty_desk.card.emails import masked, masked_name, masked_within
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.account_zones import shown_zone
from loyalty_desk.hooks.elsewhere import elsewhere_of
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.report.batch_files import as_csv, as_xlsx
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.approving_batch import load_batch_outlook
from loyalty_desk.web.desk.awards import read_decision, read_why
from loyalty_desk.web.desk.costs import money_text
from loyalty_desk.web.desk.incidents import choice_text
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Approving, Awarding, Right, Seeing, Visitor

router = APIRouter(prefix="/desk/{store}/awards/batches/{batch_id}", route_class=DeskRoute)

SHOWN: Final = 500
SHOWN_NOT_BACK: Final = 100
"""Of those that are not taken back; the part of the page that renews itself has them."""
FILES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


NOTHING_TAKEN_BACK: Final = (
    "Nothing of it could be taken back now. What is being booked or decided at this moment can be"
    " in a moment; of all else this page says how it stands."
)


@router.get("")
def show_batch(request: Request, visitor: Seeing, batch_id: str) -> Response:
    """A batch: who asked for how much, and how each award of it stands."""
    return _show(request, visitor, batch_id)


@router.get("/progress")
def show_progress(request: Request, visitor: Seeing, batch_id: str) -> Response:
    """How far it is: the part of the page that renews itself."""
    with reading(staging_engine()) as connection:
        awards = _get(connection, visitor, batch_id)
        values = _results(connection, visitor, batch_id, len(awards))
    return page(request, "batch_progress.html.j2", visitor, **values)


@router.get("/result.{form}")
def send_file(visitor: Seeing, batch_id: str, form: str) -> Response:
    """What became of everybody, as a file."""
    if form not in FILES:
        raise WebError(404, "There is no such file.")
    with reading(staging_engine()) as connection:
        _get(connection, visitor, batch_id)
        found = _load(connection, visitor, batch_id).everybody
    content = (
        as_csv(found)
        if form == "csv"
        else as_xlsx(found, sum_up(found), elsewhere_of(visitor.store))
    )
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch_id[:8]}.{form}"'}
    return Response(content, media_type=FILES[form], headers=headers)


@router.post("/approval")
def answer(request: Request, visitor: Approving, form: OwnForm, batch_id: str) -> Response:
    """Approve or reject all of it that waits; whoever sent it cannot approve it."""
    approved = read_decision(form)
    if approved is None:
        return _show(request, visitor, batch_id, problem="Choose approve or reject.")
    store = visitor.store.name
    try:
        with reading(staging_engine()) as connection:
            _get(connection, visitor, batch_id)
        found = decide_whole(
            staging_engine(),
            store,
            batch_id,
            approved=approved,
            by=visitor.name,
            why=read_why(form) or None,
        )
    except LoyaltyDeskError as error:
        return _show(request, visitor, batch_id, problem=f"Not done: {error}.")
    rejected = "doubted" if AwardState.UNKNOWN in found else "rejected"
    done = "approved" if approved else rejected
    return back_to(request, f"/{store}/awards/batches/{batch_id}", done=done)


@router.post("/take-back")
def take_back(request: Request, visitor: Awarding, form: OwnForm, batch_id: str) -> Response:
    """Take back what can be: what waits at once, what is booked once another person approves."""
    engine = staging_engine()
    with reading(engine) as connection:
        _get(connection, visitor, batch_id)
    try:
        _, why = read_reversal({"agent": visitor.name, "note": form.get("take_back_why")})
        wish = Wish(batch_id=batch_id, by=visitor.name, why=why)
        done = take_back_all(engine, visitor.store, wish, ask_staging_now(engine))
    except AwardFieldsError as error:
        problem = f"Say why: {'; '.join(error.problems.values())}."
        return _show(request, visitor, batch_id, problem=problem)
    except LoyaltyDeskError as error:
        return _show(request, visitor, batch_id, problem=f"Not done: {error}.")
    if not done:
        return _show(request, visitor, batch_id, problem=NOTHING_TAKEN_BACK)
    return back_to(request, f"/{visitor.store.name}/awards/batches/{batch_id}", done="taken_back")


def _show(request: Request, visitor: Visitor, batch_id: str, *, problem: str = "") -> Response:
    store, zone = visitor.store.name, shown_zone(visitor.store)
    with reading(staging_engine()) as connection:
        awards = _get(connection, visitor, batch_id)
        first = awards[0]
        own_part = find_own_part(connection, store, first.award_id, visitor.name)
        incident = find_incident(connection, store, batch_id)
        values = _results(connection, visitor, batch_id, len(awards))
        reversals = _find_reversals(connection, store, batch_id)
        waits = sum(waits_with_the_whole(award) for award in awards)
        now, outlook = staging_now(connection), None
        if waits and visitor.may(Right.APPROVE):
            outlook = load_batch_outlook(connection, visitor.store, awards, now)
    is_reversal = first.reason == REASON
    return page(
        request,
        "batch.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Awards",
        batch_id=batch_id,
        awards=awards[:SHOWN],
        first=first,
        agents=sorted({award.agent for award in awards}),  # a file by command may name several
        states=Counter(award.state for award in awards),
        totals=_totals(awards),
        money=_money(awards, visitor),
        own_part=own_part,
        waits_whole=waits,
        outlook=outlook,
        incident=incident,
        tickets_words=choice_text(json.loads(incident.choice), zone) if incident else "",
        is_doubted=any(one.sends for one in awards if one.state == AwardState.NEEDS_APPROVAL),
        reversals=reversals,
        may_take_back=not is_reversal and visitor.may("award"),
        problem=problem,
        **values,
    )


def _results(connection: Connection, visitor: Visitor, batch_id: str, count: int) -> dict[str, Any]:
    """What became of everybody, and how much of it is still under way."""
    results = _load(connection, visitor, batch_id)
    found = results.everybody
    not_back = [one for one in found if one.not_taken_back]
    incident = find_incident(connection, visitor.store.name, batch_id)
    waiting = Counter(one.result for one in found if one.result in UNSETTLED)
    erased = incident.people - len(found) if incident else 0
    left = f"{erased:,} more were erased since, or are not kept any longer." if erased > 0 else ""
    return {
        "sums": sum_up(found),
        "count": count,
        "under_way": sum(waiting.values()),
        "waits": waiting["Waits for approval"],
        "left": [left] if left else [],
        "perhaps": sum(one.result == Result.PERHAPS for one in found),
        "was_asked_back": results.was_asked_back,
        "can_be_taken_back": sum(one.can_be_taken_back for one in found),
        "not_back": not_back[:SHOWN_NOT_BACK],
        "not_back_count": len(not_back),
        "why_not_back": Counter(one.not_taken_back for one in not_back).most_common(),
    }


def _load(connection: Connection, visitor: Visitor, batch_id: str) -> Results:
    """Everybody of the batch; addresses as the visitor may see them."""
    found = load_results(connection, visitor.store.name, batch_id)
    if visitor.sees_addresses:
        return found
    everybody = [
        replace(
            one,
            email=masked(one.email) if one.email else None,
            member_id=masked_name(one.member_id) or None,
            why=masked_within(one.why) or None,
            not_taken_back=masked_within(one.not_taken_back) or None,
        )
        for one in found.everybody
    ]
    return replace(found, everybody=everybody)


def _find_reversals(connection: Connection, store: str, batch_id: str) -> str | None:
    """The batch that takes this one back; None where there is none."""
    try:
        get_batch(connection, store, found := reversals_of(batch_id))
    except NoAwardError:
        return None
    return found


def _totals(awards: list[Row[Any]]) -> list[str]:
    """What is given and taken away in all, by unit, such as `+5,000 points`."""
    return [signed(from_parts(parts, unit), unit) for unit, parts in _parts(awards)]


def _money(awards: list[Row[Any]], visitor: Visitor) -> list[str]:
    """What that is worth, as far as anybody said."""
    told = (money_text(parts, unit, visitor.store) for unit, parts in _parts(awards))
    return [money for money in told if money]


def _parts(awards: list[Row[Any]]) -> list[tuple[Unit, int]]:
    found: Counter[tuple[Unit, bool]] = Counter()
    for award in awards:
        found[Unit(award.unit), award.amount > 0] += award.amount
    return [(unit, parts) for (unit, _), parts in sorted(found.items())]


def _get(connection: Connection, visitor: Visitor, batch_id: str) -> list[Row[Any]]:
    """The awards of the batch; raises WebError 404. What cannot be an id is not looked for."""
    try:
        if not batch_id.isalnum():
            raise NoAwardError
        return get_batch(connection, visitor.store.name, batch_id)
    except NoAwardError:
        raise WebError(404, "There is no such batch.") from None
