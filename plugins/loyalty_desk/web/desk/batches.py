"""A batch of awards: what a file asked for, approved or rejected as a whole by another person."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row

from loyalty_desk.awards.approval import find_own_part
from loyalty_desk.awards.batches import decide_batch, get_batch
from loyalty_desk.awards.policy import from_parts
from loyalty_desk.awards.queue import NoAwardError
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.awards import read_decision, read_why
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Approving, Seeing, Visitor

router = APIRouter(prefix="/desk/{store}/awards/batches/{batch_id}", route_class=DeskRoute)

SHOWN: Final = 500


@router.get("")
def show_batch(request: Request, visitor: Seeing, batch_id: str) -> Response:
    """A batch: who asked for how much, and how each award of it stands."""
    return _show(request, visitor, batch_id)


@router.post("/approval")
def answer(request: Request, visitor: Approving, form: OwnForm, batch_id: str) -> Response:
    """Approve or reject all of it that waits; whoever sent it cannot approve it."""
    approved = read_decision(form)
    if approved is None:
        return _show(request, visitor, batch_id, problem="Choose approve or reject.")
    store = visitor.store.name
    try:
        with staging_engine().begin() as connection:
            _get(connection, visitor, batch_id)
            found = decide_batch(
                connection,
                store,
                batch_id,
                staging_now(connection),
                approved=approved,
                by=visitor.name,
                why=read_why(form) or None,
            )
    except LoyaltyDeskError as error:
        return _show(request, visitor, batch_id, problem=f"Not done: {error}.")
    rejected = "doubted" if AwardState.UNKNOWN in found else "rejected"
    done = "approved" if approved else rejected
    return back_to(request, f"/{store}/awards/batches/{batch_id}", done=done)


def _show(request: Request, visitor: Visitor, batch_id: str, *, problem: str = "") -> Response:
    with reading(staging_engine()) as connection:
        awards = _get(connection, visitor, batch_id)
        first = awards[0]
        own_part = find_own_part(connection, visitor.store.name, first.award_id, visitor.name)
    return page(
        request,
        "batch.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Awards",
        batch_id=batch_id,
        awards=awards[:SHOWN],
        first=first,
        states=Counter(award.state for award in awards),
        sums=_sums(awards),
        count=len(awards),
        own_part=own_part,
        is_doubted=any(one.sends for one in awards if one.state == AwardState.NEEDS_APPROVAL),
        problem=problem,
    )


def _sums(awards: list[Row[Any]]) -> list[str]:
    """What is given and taken away in all, by unit, such as `+5000 points`."""
    found: Counter[tuple[Unit, bool]] = Counter()
    for award in awards:
        found[Unit(award.unit), award.amount > 0] += award.amount
    return [f"{from_parts(parts, unit):+f} {unit}" for (unit, _), parts in sorted(found.items())]


def _get(connection: Connection, visitor: Visitor, batch_id: str) -> list[Row[Any]]:
    """The awards of the batch; raises WebError 404. What cannot be an id is not looked for."""
    try:
        if not batch_id.isalnum():
            raise NoAwardError
        return get_batch(connection, visitor.store.name, batch_id)
    except NoAwardError:
        raise WebError(404, "There is no such batch.") from None
