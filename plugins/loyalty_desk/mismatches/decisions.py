"""What people decide about mismatches: who somebody is, who not, or to hear no more of it; undo.

A decision is kept with who made it. What is in force follows from the newest one of its kind that
was not taken back, so undoing brings back what was decided before.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PermanentError
from loyalty_desk.mismatches.links import confirm_link, remove_link
from loyalty_desk.staging.statements import statement


class Action(StrEnum):
    """What was decided."""

    LINK = "link"
    """The customer is that member."""
    REFUSE = "refuse"
    """The customer is not that member, who is suggested no more."""
    IGNORE = "ignore"
    """Nobody has to look at it, until a time or for good."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A mismatch by what it is about: `side` is "customer" or "member", `id` its id as text."""

    side: str
    id: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A customer and the member that it may be."""

    customer_id: int
    member_id: str


class DecisionError(PermanentError):
    """The decision cannot be made. The message says why; nothing was changed."""


def link(connection: Connection, store: str, pairs: Sequence[Pair], by: str, now: datetime) -> str:
    """Decide that each customer is the member beside it; returns the batch, for `undo`.

    The next match uses it. Works in the caller's transaction, as all of these do.

    Raises:
        PermanentError: staging knows no such customer or member.
    """
    batch = _Batch(connection, store, by, now)
    for pair in pairs:
        batch.link(pair.customer_id, pair.member_id)
        batch.keep(_customer(pair), Action.LINK, member_id=pair.member_id)
    return batch.id


def refuse(
    connection: Connection, store: str, pairs: Sequence[Pair], by: str, now: datetime
) -> str:
    """Decide that each customer is not the member beside it; returns the batch, for `undo`."""
    batch = _Batch(connection, store, by, now)
    for pair in pairs:
        batch.refuse(pair.customer_id, pair.member_id)
        batch.keep(_customer(pair), Action.REFUSE, member_id=pair.member_id)
    return batch.id


def ignore(
    connection: Connection,
    store: str,
    subjects: Sequence[Subject],
    by: str,
    now: datetime,
    *,
    reason: str,
    until: datetime | None,
) -> str:
    """Decide that nobody has to look at these, until a time or for good; returns the batch.

    Raises:
        DecisionError: one of them is no mismatch, or `until` is not in the future.
    """
    if until is not None and until <= now:
        raise DecisionError("the end date must be in the future")
    batch = _Batch(connection, store, by, now)
    until_utc = utc_text(until) if until else None
    for subject in subjects:
        batch.require_mismatch(subject)
        batch.ignore(subject, reason, until_utc)
        batch.keep(subject, Action.IGNORE, reason=reason, until_utc=until_utc)
    return batch.id


def undo(connection: Connection, store: str, batch_id: str, by: str, now: datetime) -> int:
    """Take back what was decided at once; returns how many decisions that were.

    Raises:
        DecisionError: there is no such batch, or it was taken back before.
    """
    binds = {"store": store, "batch_id": batch_id, "actor": by, "now_utc": utc_text(now)}
    undone = connection.execute(statement("decisions/undo_batch"), binds).all()
    if not undone:
        raise DecisionError(f"store {store} has no decision {batch_id} that is in force")
    batch = _Batch(connection, store, by, now)
    for row in undone:
        batch.restore(Subject(row.side, row.subject_id), Action(row.action), row.member_id)
    return len(undone)


def decisions_about(connection: Connection, store: str, subject: Subject) -> list[Row[Any]]:
    """Everything that was decided about one customer or member, the newest first."""
    binds = {"store": store, "side": subject.side, "subject_id": subject.id}
    return list(connection.execute(statement("decisions/select_decisions"), binds).all())


class _Batch:
    """Decisions that are made, and undone, at once."""

    def __init__(self, connection: Connection, store: str, by: str, now: datetime) -> None:
        self._connection, self._store, self._by, self._now = connection, store, by, now
        self.id = uuid.uuid4().hex

    def keep(
        self,
        subject: Subject,
        action: Action,
        *,
        member_id: str | None = None,
        reason: str | None = None,
        until_utc: str | None = None,
    ) -> None:
        self._execute(
            "decisions/insert_decision",
            decision_id=uuid.uuid4().hex,
            batch_id=self.id,
            side=subject.side,
            subject_id=subject.id,
            action=action.value,
            member_id=member_id,
            reason=reason,
            until_utc=until_utc,
            actor=self._by,
            now_utc=utc_text(self._now),
        )

    def link(self, customer_id: int, member_id: str, by: str | None = None) -> None:
        confirm_link(
            self._connection,
            self._store,
            customer_id,
            member_id,
            confirmed_by=by or self._by,
            now=self._now,
        )

    def refuse(self, customer_id: int, member_id: str) -> None:
        self._execute(
            "decisions/upsert_refused_suggestion", customer_id=customer_id, member_id=member_id
        )

    def ignore(self, subject: Subject, reason: str, until_utc: str | None) -> None:
        self._execute(
            "decisions/upsert_ignored_mismatch",
            side=subject.side,
            subject_id=subject.id,
            reason=reason,
            until_utc=until_utc,
        )

    def require_mismatch(self, subject: Subject) -> None:
        found = self._execute("decisions/find_mismatch", side=subject.side, subject_id=subject.id)
        if found.first() is None:
            raise DecisionError(f"{subject.side} {subject.id} is no mismatch of this store")

    def restore(self, subject: Subject, action: Action, member_id: str | None) -> None:
        """Have in force what was decided before, if anything was."""
        earlier = self._execute(
            "decisions/select_in_force",
            side=subject.side,
            subject_id=subject.id,
            action=action.value,
            member_id=(member_id or "") if action is Action.REFUSE else "",
        ).first()
        match action:
            case Action.LINK:
                self._restore_link(int(subject.id), str(member_id), earlier)
            case Action.REFUSE if earlier is None:
                self._execute(
                    "decisions/delete_refused_suggestion",
                    customer_id=int(subject.id),
                    member_id=member_id,
                )
            case Action.IGNORE if earlier is None:
                self._execute(
                    "decisions/delete_ignored_mismatch", side=subject.side, subject_id=subject.id
                )
            case Action.IGNORE if earlier is not None:
                self.ignore(subject, earlier.reason, earlier.until_utc)

    def _restore_link(self, customer_id: int, member_id: str, earlier: Row[Any] | None) -> None:
        key = {"store": self._store, "customer_id": customer_id}
        linked = self._connection.execute(statement("links/select_link"), key).scalar()
        if linked != member_id:  # a later decision holds, or none
            return
        if earlier is None:
            remove_link(self._connection, self._store, customer_id)
        elif earlier.member_id != member_id:
            self.link(customer_id, earlier.member_id, by=earlier.actor)

    def _execute(self, name: str, **binds: Any) -> Any:
        return self._connection.execute(statement(name), {"store": self._store, **binds})


def _customer(pair: Pair) -> Subject:
    return Subject("customer", str(pair.customer_id))
