"""Batches: files from the desk, and incidents, that another person approves as a whole.

Airflow asks about none of their awards, as a question for each would be no whole: they are decided
on the desk, or one by one by command. What a decision makes of an award is the same everywhere.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.awards.approval import decide, decided_state
from loyalty_desk.awards.queue import NoAwardError, enter_gate
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement


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
    waiting = [award for award in awards if award.state == AwardState.NEEDS_APPROVAL]
    if not waiting:
        raise NoAwardError(f"nothing of batch {batch_id} waits for approval")
    found = Counter(
        decide(connection, store, award, now, approved=approved, by=by, why=why)
        for award in waiting
    )
    if found.keys().isdisjoint(decided_state(award, approved=approved) for award in waiting):
        raise NoAwardError(f"nothing of batch {batch_id} waits for approval by now")
    return found
