"""What becomes of an award in a generated year, as workers and managers bring it about."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy import Connection

from loyalty_desk.awards.approval import decide
from loyalty_desk.awards.queue import get_award, settle_unknown
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement
from tests.oracle.goodwill import Award

OUTCOMES = {"applied": 80, "unknown": 7, "refused": 6, "applying": 2, "waiting": 5}
OF_LARGE_ONES = {**OUTCOMES, "rejected": 40}
LEASE = timedelta(minutes=1)


def carry_on(
    connection: Connection,
    store: str,
    award_id: str,
    request: AwardRequest,
    person: str,
    *,
    queued: datetime,
    now: datetime,
    dice: random.Random,
    takes_back: str | None = None,
) -> Award:
    """Bring a queued award to what the dice say; returns it as the oracle is to know it."""
    row = get_award(connection, store, award_id)
    is_large = row.state == AwardState.NEEDS_APPROVAL
    outcomes = OF_LARGE_ONES if is_large else OUTCOMES
    one = Award(
        award_id=award_id,
        unit=request.unit.value,
        amount=request.amount,
        agent=request.agent,
        reason=request.reason,
        queued=queued,
        person=person,
        ticket=request.ticket_id,
        takes_back=takes_back,
        state=dice.choices([*outcomes], [*outcomes.values()])[0],
    )
    if one.state == "waiting":
        return one
    if is_large:
        approved = one.state != "rejected"
        decide(connection, store, row, now, approved=approved, by="another", why=None)
    if one.state == "rejected":
        one.ended = now
    else:
        _apply(connection, store, one, now)
    return one


def _apply(connection: Connection, store: str, one: Award, now: datetime) -> None:
    """As a worker does it."""
    binds = {
        "store": store,
        "award_id": one.award_id,
        "claimed_by": "worker",
        "now_utc": utc_text(now),
        "lease_until_utc": utc_text(now + LEASE),
        "member_id": one.person,
    }
    connection.execute(statement("awards/apply/claim_award"), binds).one()
    connection.execute(statement("awards/apply/mark_sent"), binds)
    if one.state == "applying":
        return
    ended = {**binds, "state": one.state, "detail": None, "entry_id": None}
    assert connection.execute(statement("awards/apply/finish_award"), ended).rowcount == 1
    one.ended = now


def settle(connection: Connection, store: str, one: Award, now: datetime) -> None:
    """A person says that it was booked after all."""
    settle_unknown(
        connection,
        store,
        one.award_id,
        now,
        was_applied=True,
        actor="boss",
        why="it is in the ledger",
    )
    one.state, one.ended = "applied", now
