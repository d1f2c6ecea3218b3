"""Takes back all of a batch that can be: what waits is rejected, what is booked is reversed.

The reversals are a batch of their own, which another person approves as a whole. Whatever a crash
left is done when it is asked for once more: nothing is taken back twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.awards.batches import close_question, get_batch
from loyalty_desk.awards.deciding import LateAnswerError, answer_in_airflow
from loyalty_desk.awards.not_taken_back import WAITING, WITHDRAWN, reversals_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AllTakenBack:
    """The awards that were rejected as they waited, and those that got a reversal.

    Why others are not taken back, `load_outcomes` tells from how they stand.
    """

    withdrawn: list[str] = field(default_factory=list)
    reversed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.withdrawn or self.reversed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who takes a batch back, and why. `queued_by` is who ran the command, if one did."""

    batch_id: str
    by: str
    why: str
    queued_by: str | None = None


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
        unasked = []
        with engine.begin() as connection:
            enter_gate(connection, store.name, now)
            binds = {"store": store.name, "award_ids": some}
            found = connection.execute(statement("awards/taking_back/select_some"), binds)
            for award in found.all():
                unasked += _take_back(connection, store, award, wish, now, done)
        for award in unasked:  # its task may have begun to ask before it could see this
            _answer(store.name, award, wish, is_decided=True)
    if done.withdrawn:
        close_question(engine, store.name, wish.batch_id, by=wish.by, why=_said(wish))
    return done


def _take_back(
    connection: Connection,
    store: StoreSettings,
    award: Row[Any],
    wish: Wish,
    now: datetime,
    done: AllTakenBack,
) -> list[Row[Any]]:
    """Do what can be done about one award; returns what `_withdraw` does."""
    if award.state in WAITING:
        return _withdraw(connection, store.name, award, wish, now, done)
    if award.state == AwardState.APPLIED:
        _reverse(connection, store, award.award_id, wish, now, done)
    return []


def _reverse(
    connection: Connection,
    store: StoreSettings,
    award_id: str,
    wish: Wish,
    now: datetime,
    done: AllTakenBack,
) -> None:
    """Queue the reversal of a booked award, unless there is one or there can be none."""
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
    except ReversalError:
        return
    done.reversed.append(award_id)


def _withdraw(
    connection: Connection,
    store: str,
    award: Row[Any],
    wish: Wish,
    now: datetime,
    done: AllTakenBack,
) -> list[Row[Any]]:
    """Reject what was surely never booked, and answer the question about it in Airflow, if any.

    Returns the award if Airflow may begin to ask about it before this is committed.
    """
    award_id = award.award_id
    binds = {"store": store, "award_id": award_id, "detail": WITHDRAWN, "now_utc": utc_text(now)}
    is_asked = award.state == AwardState.NEEDS_APPROVAL
    try:
        with connection.begin_nested():
            withdrawn = connection.execute(
                statement("awards/taking_back/withdraw_award"), binds
            ).first()
            if withdrawn is None:  # it was sent before, or is taken just now
                return []
            if is_asked:
                is_asked = not _answer(store, withdrawn, wish)
    except LateAnswerError:  # what Airflow was told is done here in a moment
        return []
    state = AwardState.REJECTED
    add_event(connection, store, award_id, state, now, actor=wish.by, detail=_said(wish))
    done.withdrawn.append(award_id)
    return [withdrawn] if is_asked else []


def _answer(store: str, award: Row[Any], wish: Wish, *, is_decided: bool = False) -> bool:
    said = _said(wish)
    return answer_in_airflow(
        store, award, approved=False, by=wish.by, why=said, is_decided=is_decided
    )


def _said(wish: Wish) -> str:
    return f"{WITHDRAWN}: {wish.why}"
