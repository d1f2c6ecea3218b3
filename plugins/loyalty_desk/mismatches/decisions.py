"""What people decide about mismatches: who somebody is, who not, or to hear no more of it; undo.

A decision is kept with who made it. A later one replaces an earlier one that it contradicts,
whichever kind (`in_force`), and undoing it brings back what was decided before.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PermanentError
from loyalty_desk.mismatches.in_force import Action, InForce, in_force
from loyalty_desk.mismatches.links import confirm_link, remove_link
from loyalty_desk.staging.journal import Event, sortable_id, write_entry
from loyalty_desk.staging.kept_out import CUSTOMER, MEMBER, make_hasher
from loyalty_desk.staging.statements import statement


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
    batch = Batch(connection, store, by, now)
    for pair in pairs:
        batch.decide_link(pair)
    batch.tell(Action.LINK, [(_customer(pair), pair.member_id) for pair in pairs])
    return batch.id


def unlink(connection: Connection, store: str, customer_id: int, by: str, now: datetime) -> None:
    """Remove the link of a customer, and take back that it was decided.

    Raises:
        PermanentError: there is no link.
    """
    remove_link(connection, store, customer_id, now)
    undo_links(connection, store, customer_id, by, now)
    told = {"customer": make_hasher(connection, store, now).hash(CUSTOMER, customer_id)}
    write_entry(connection, store, Event.UNLINKED, told, now)


def undo_links(
    connection: Connection, store: str, customer_id: int, by: str, now: datetime
) -> None:
    """Take back every decision that linked a customer; the link itself is another matter."""
    binds = {
        "store": store,
        "customer_text": str(customer_id),
        "actor": by,
        "now_utc": utc_text(now),
    }
    connection.execute(statement("decisions/undo_links"), binds)


def refuse(
    connection: Connection, store: str, pairs: Sequence[Pair], by: str, now: datetime
) -> str:
    """Decide that each customer is not the member beside it; returns the batch, for `undo`.

    A link of the two is removed.
    """
    batch = Batch(connection, store, by, now)
    for pair in pairs:
        batch.decide_refusal(pair)
    batch.tell(Action.REFUSE, [(_customer(pair), pair.member_id) for pair in pairs])
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

    A customer of them is linked to nobody any more.

    Raises:
        DecisionError: one of them is no mismatch, or `until` is not in the future.
    """
    if until is not None and until <= now:
        raise DecisionError("the end date must be in the future")
    batch = Batch(connection, store, by, now)
    until_utc = utc_text(until) if until else None
    for subject in subjects:
        batch.decide_ignored(subject, reason, until_utc)
    batch.tell(Action.IGNORE, [(subject, None) for subject in subjects], until_utc)
    return batch.id


def undo(connection: Connection, store: str, batch_id: str, by: str, now: datetime) -> int:
    """Take back what was decided at once; returns how many decisions that were.

    Raises:
        DecisionError: there is no such batch, or it was taken back before.
    """
    count = take_back(connection, store, batch_id, by, now)
    write_entry(connection, store, Event.UNDONE, {"batch": batch_id}, now)
    return count


def take_back(connection: Connection, store: str, batch_id: str, by: str, now: datetime) -> int:
    """`undo` without telling the journal, which may be what tells of it."""
    binds = {"store": store, "batch_id": batch_id, "actor": by, "now_utc": utc_text(now)}
    undone = connection.execute(statement("decisions/undo_batch"), binds).all()
    if not undone:
        raise DecisionError(f"store {store} has no decision {batch_id} that is in force")
    batch = Batch(connection, store, by, now)
    for subject in _concerned(undone):
        decided = decisions_about(connection, store, subject)[::-1]
        holds = [one for one in decided if one.undone_at_utc is None]
        held = [one for one in decided if one.undone_at_utc is None or one.batch_id == batch_id]
        batch.restore(subject, in_force(held), in_force(holds))
    return len(undone)


def _concerned(undone: Sequence[Row[Any]]) -> list[Subject]:
    """Whom decisions are about: a link is about its member too."""
    found = {Subject(one.side, one.subject_id) for one in undone}
    found |= {Subject("member", one.member_id) for one in undone if one.action == Action.LINK}
    return sorted(found, key=lambda one: (one.side, one.id))


def decisions_about(connection: Connection, store: str, subject: Subject) -> list[Row[Any]]:
    """Everything that was decided about one customer or member, the newest first.

    About a member are also the links of customers to it.
    """
    binds = {"store": store, "side": subject.side, "subject_id": subject.id}
    return list(connection.execute(statement("decisions/select_decisions"), binds).all())


class Batch:
    """Decisions that are made, and undone, at once. One that is made again keeps its id."""

    def __init__(
        self, connection: Connection, store: str, by: str, now: datetime, batch_id: str = ""
    ) -> None:
        self._connection, self._store, self._by, self._now = connection, store, by, now
        self.id = batch_id or uuid.uuid4().hex

    def decide_link(self, pair: Pair) -> None:
        self.link(pair.customer_id, pair.member_id)
        self.allow(pair.customer_id, pair.member_id)
        self.heed(_customer(pair))
        self.heed(Subject("member", pair.member_id))
        self.keep(_customer(pair), Action.LINK, member_id=pair.member_id)

    def decide_refusal(self, pair: Pair) -> None:
        self.refuse(pair.customer_id, pair.member_id)
        self.unlink(pair.customer_id, pair.member_id)
        self.heed(_customer(pair))
        self.keep(_customer(pair), Action.REFUSE, member_id=pair.member_id)

    def decide_ignored(self, subject: Subject, reason: str, until_utc: str | None) -> None:
        self.require_mismatch(subject)
        self.ignore(subject, reason, until_utc)
        if subject.side == "customer":
            self.unlink(int(subject.id))
        self.keep(subject, Action.IGNORE, reason=reason, until_utc=until_utc)

    def tell(
        self,
        action: Action,
        about: Sequence[tuple[Subject, str | None]],
        until_utc: str | None = None,
    ) -> None:
        """Tell the journal what was decided about whom, by hashes; the reason may name anybody."""
        hasher = make_hasher(self._connection, self._store, self._now)
        hashes = [
            (one.side, hasher.hash(one.side, one.id), member and hasher.hash(MEMBER, member))
            for one, member in about
        ]
        told = {"batch": self.id, "action": action.value, "about": hashes, "until_utc": until_utc}
        write_entry(self._connection, self._store, Event.DECIDED, told, self._now)

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
            decision_id=sortable_id(),
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

    def allow(self, customer_id: int, member_id: str) -> None:
        self._execute(
            "decisions/delete_refused_suggestion", customer_id=customer_id, member_id=member_id
        )

    def heed(self, subject: Subject) -> None:
        self._execute("decisions/delete_ignored_mismatch", side=subject.side, subject_id=subject.id)

    def unlink(self, customer_id: int, member_id: str | None = None) -> None:
        """Remove the link of a customer, if there is one (to that member)."""
        linked = self._linked(customer_id)
        if linked is not None and member_id in {None, linked}:
            remove_link(self._connection, self._store, customer_id, self._now)

    def restore(self, subject: Subject, held: InForce, holds: InForce) -> None:
        """Have in force what `holds` where `held` was; all else stays as it is."""
        for member_id in held.refused.keys() - holds.refused.keys():
            self.allow(int(subject.id), member_id)
        for member_id in holds.refused.keys() - held.refused.keys():
            self.refuse(int(subject.id), member_id)
        if held.ignore != holds.ignore:
            if holds.ignore is None:
                self.heed(subject)
            else:
                self.ignore(subject, holds.ignore.reason, holds.ignore.until_utc)
        if subject.side == "customer" and held.link != holds.link:
            self._restore_link(int(subject.id), held.link, holds.link)

    def _restore_link(
        self, customer_id: int, held: Row[Any] | None, holds: Row[Any] | None
    ) -> None:
        if held is not None and (holds is None or holds.member_id != held.member_id):
            self.unlink(customer_id, held.member_id)
        if holds is not None and self._linked(customer_id) is None:
            self.link(customer_id, holds.member_id, by=holds.actor)

    def _linked(self, customer_id: int) -> str | None:
        found: str | None = self._execute("links/select_link", customer_id=customer_id).scalar()
        return found

    def _execute(self, name: str, **binds: Any) -> Any:
        return self._connection.execute(statement(name), {"store": self._store, **binds})


def _customer(pair: Pair) -> Subject:
    return Subject("customer", str(pair.customer_id))
