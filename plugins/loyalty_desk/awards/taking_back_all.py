"""Takes back all of a batch that can be: what waits is rejected, what is booked is reversed.

The reversals are a batch of their own, which another person approves as a whole. Whatever a crash
left is done when it is asked for once more: nothing is taken back twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.awards.batches import get_batch
from loyalty_desk.awards.deciding import LateAnswerError, answer_in_airflow
from loyalty_desk.awards.queue import Door, NoAwardError, add_event, enter_gate
from loyalty_desk.awards.requests import agent_key
from loyalty_desk.awards.reversal import REASON, ReversalError, reverse_award
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement

AT_ONCE: Final = 100
"""Awards that one transaction takes back: it holds the store's gate, and agents award meanwhile."""
WITHDRAWN: Final = "taken back with its batch"
_WAITING: Final = frozenset({AwardState.QUEUED, AwardState.NEEDS_APPROVAL, AwardState.APPROVED})
_LEFT: Final[Mapping[str, str]] = {
    AwardState.APPLYING: "it is being booked right now: take back once more in a moment",
    AwardState.UNKNOWN: "nobody can tell yet whether it is booked: settle it first",
    AwardState.REFUSED: "it was refused, so there is nothing to take back",
    AwardState.REJECTED: "it was rejected, so there is nothing to take back",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllTakenBack:
    """What became of it. `left` has why, by the id of each award that was left as it is."""

    withdrawn: list[str] = field(default_factory=list)
    reversed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who takes a batch back, and why. `queued_by` is who ran the command, if one did."""

    batch_id: str
    by: str
    why: str
    queued_by: str | None = None


def reversals_of(batch_id: str) -> str:
    """The id of the batch of reversals of a batch: the same whenever it is asked for."""
    return uuid.uuid5(uuid.NAMESPACE_OID, batch_id).hex


def take_back_all(engine: Engine, store: StoreSettings, wish: Wish, now: datetime) -> AllTakenBack:
    """Take back what can be. Some is done, and the rest not, when this is cut short.

    Raises:
        NoAwardError: there is no such batch, or it is one of reversals.
    """
    with reading(engine) as connection:
        awards = get_batch(connection, store.name, wish.batch_id)
    if any(award.reason == REASON for award in awards):
        raise NoAwardError(f"batch {wish.batch_id} takes awards back itself; award anew instead")
    done = AllTakenBack()
    for some in chunks([award.award_id for award in awards], AT_ONCE):
        with engine.begin() as connection:
            enter_gate(connection, store.name, now)
            binds = {"store": store.name, "award_ids": some}
            found = connection.execute(statement("awards/taking_back/select_some"), binds)
            for award in found.all():
                _take_back(connection, store, award, wish, now, done)
    return done


def _take_back(
    connection: Connection,
    store: StoreSettings,
    award: Row[Any],
    wish: Wish,
    now: datetime,
    done: AllTakenBack,
) -> None:
    award_id = award.award_id
    if award.state == AwardState.APPLIED:
        try:
            reverse_award(
                connection,
                store,
                award_id,
                now,
                agent=agent_key(wish.by),
                why=wish.why,
                door=Door.BATCH,
                queued_by=wish.queued_by,
                batch_id=reversals_of(wish.batch_id),
            )
        except ReversalError as error:
            done.left[award_id] = str(error)
        else:
            done.reversed.append(award_id)
    elif award.state in _WAITING:
        _withdraw(connection, store.name, award, wish, now, done)
    else:
        done.left[award_id] = _LEFT[award.state]


def _withdraw(
    connection: Connection,
    store: str,
    award: Row[Any],
    wish: Wish,
    now: datetime,
    done: AllTakenBack,
) -> None:
    """Reject what was surely never booked, and answer the question about it in Airflow, if any."""
    award_id, detail = award.award_id, f"{WITHDRAWN}: {wish.why}"
    binds = {"store": store, "award_id": award_id, "detail": WITHDRAWN, "now_utc": utc_text(now)}
    try:
        with connection.begin_nested():
            withdrawn = connection.execute(statement("awards/taking_back/withdraw_award"), binds)
            if withdrawn.rowcount and award.state == AwardState.NEEDS_APPROVAL:
                answer_in_airflow(store, award, approved=False, by=wish.by, why=detail)
    except LateAnswerError:
        done.left[award_id] = "it is being decided right now: take back once more in a moment"
        return
    if not withdrawn.rowcount:
        # One that waits and was sent before is in doubt since a restore, or is taken just now.
        done.left[award_id] = _LEFT[AwardState.UNKNOWN]
        return
    state = AwardState.REJECTED
    add_event(connection, store, award_id, state, now, actor=wish.by, detail=detail)
    done.withdrawn.append(award_id)
