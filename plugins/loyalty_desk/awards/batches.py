"""Batches: what came as one file, or after an incident, and is followed and taken back together.

Some are approved as a whole by another person. Airflow asks about none of their awards, as a
question for each would be no whole: they are decided on the desk, or one by one by command. Of any
other file each award that needs approval is asked about alone. A run that asks after an incident
asks once about the whole.
What a decision makes of an award is the same everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.awards.approval import (
    APPROVE,
    REJECT,
    Question,
    ask_with,
    decide,
    decided_state,
)
from loyalty_desk.awards.deciding import LateAnswerError
from loyalty_desk.awards.policy import from_parts, signed
from loyalty_desk.awards.queue import Door, NoAwardError, enter_gate
from loyalty_desk.clock import in_zone, parse_utc
from loyalty_desk.hooks.questions import Answered, Asking, answer_question
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement

ASKS_ABOUT_ALL: Final = "approve"
"""The task that asks about the whole, in the DAG `award_incident`."""
NOT_MAPPED: Final = -1
"""The index of a task that is there once."""


def get_batch(connection: Connection, store: str, batch_id: str) -> list[Row[Any]]:
    """The awards of a batch; raises NoAwardError when there is no such batch."""
    binds = {"store": store, "batch_id": batch_id}
    found = connection.execute(statement("awards/reading/select_batch"), binds).all()
    if not found:
        raise NoAwardError(f"store {store} has no batch {batch_id}")
    return list(found)


def find_incident(connection: Connection, store: str, batch_id: str) -> Row[Any] | None:
    """What the batch was asked for after an incident; None for one of a file."""
    binds = {"store": store, "batch_id": batch_id}
    return connection.execute(statement("awards/incidents/select_incident"), binds).first()


def list_waiting_batches(connection: Connection, store: str) -> list[Row[Any]]:
    """The batches of which something waits for approval, the oldest first."""
    selected = statement("awards/reading/select_waiting_batches")
    return list(connection.execute(selected, {"store": store}).all())


def waits_with_the_whole(award: Row[Any]) -> bool:
    """Whether an award of a batch is approved or rejected with all the others that wait."""
    return bool(award.door == Door.BATCH and award.state == AwardState.NEEDS_APPROVAL)


def decide_batch(
    connection: Connection,
    store: str,
    batch_id: str,
    now: datetime,
    *,
    approved: bool,
    by: str,
    why: str | None,
) -> Counter[AwardState]:
    """Approve or reject all of a batch that waits; returns how many are in which state then.

    Holds the store's gate: two that change many awards and cards could wait for each other forever.

    Raises:
        NoAwardError: there is no such batch, or nothing of it waits for approval: perhaps somebody
            else decided otherwise at the same time.
        OwnApprovalError: `by` had a hand in asking for it. Nothing is changed.
    """
    enter_gate(connection, store, now)
    awards = get_batch(connection, store, batch_id)
    waiting = [award for award in awards if waits_with_the_whole(award)]
    if not waiting:
        raise NoAwardError(f"nothing of batch {batch_id} waits for approval")
    found = Counter(
        decide(connection, store, award, now, approved=approved, by=by, why=why)
        for award in waiting
    )
    if found.keys().isdisjoint(decided_state(award, approved=approved) for award in waiting):
        raise NoAwardError(f"nothing of batch {batch_id} waits for approval by now")
    return found


def decide_whole(
    engine: Engine, store: str, batch_id: str, *, approved: bool, by: str, why: str | None
) -> Counter[AwardState]:
    """The same, answering the question about an incident's batch in Airflow too.

    Raises:
        LateAnswerError: it was answered in Airflow before. And what `decide_batch` raises.
    """
    with engine.begin() as connection:
        now = staging_now(connection)
        found = decide_batch(connection, store, batch_id, now, approved=approved, by=by, why=why)
        asking = _asking(store, find_incident(connection, store, batch_id))
        if asking is None:
            return found
        option, form = (APPROVE if approved else REJECT), {"why": why}
        answered = answer_question(asking, option=option, form=form, by=by)
        if answered is Answered.BEFORE:
            raise LateAnswerError(
                f"batch {batch_id} was answered in Airflow before; this came too late"
            )
    if answered is Answered.NOWHERE:  # its task may have begun to ask before it could see this
        answer_question(asking, option=option, form=form, by=by)
    return found


def close_question(engine: Engine, store: str, batch_id: str, *, by: str, why: str) -> None:
    """Answer the question about an incident's batch in Airflow with no, once nothing of it waits.

    One that was answered before stays as it was answered: there is nothing left to be decided.
    """
    with reading(engine) as connection:
        waits = any(map(waits_with_the_whole, get_batch(connection, store, batch_id)))
        asking = _asking(store, find_incident(connection, store, batch_id))
    if asking is not None and not waits:
        answer_question(asking, option=REJECT, form={"why": why}, by=by)


def _asking(store: str, incident: Row[Any] | None) -> Asking | None:
    """The task that asks about an incident's batch; None for any other, and what the desk asked."""
    if incident is None or incident.run_id is None:
        return None
    return Asking(
        dag_id=f"award_incident__{store}",
        run_id=incident.run_id,
        task_id=ASKS_ABOUT_ALL,
        map_index=NOT_MAPPED,
    )


def incident_question(
    incident: Row[Any],
    waiting: Sequence[Row[Any]],
    people: Mapping[str, int],
    now: datetime,
    zone: str,
) -> Question:
    """What an approver is asked about the whole: how many there are of each result, and how much.

    `waiting` are its awards that wait for approval.
    """
    unit = Unit(incident.unit)
    total = from_parts(sum(award.amount for award in waiting), unit)
    facts = {
        "Incident": incident.incident,
        "Members": len(waiting),
        "Each": signed(from_parts(incident.amount, unit), unit),
        "In all": signed(total, unit),
        "Tickets": incident.tickets,
        "People": ", ".join(f"{count} {result.lower()}" for result, count in people.items()),
        "Reason": waiting[0].reason,
        "Asked by": incident.agent,
        "Batch": waiting[0].batch_id,
        "Rejected by itself after": in_zone(parse_utc(waiting[0].approve_by_utc), zone),
    }
    subject = f"Approve {signed(total, unit)} for {len(waiting):,} members?"
    return ask_with(subject, facts, waiting[0].approve_by_utc, now)
