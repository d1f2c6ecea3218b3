"""What is known about one mismatch: who it is, who else has the address, who it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Subject
from loyalty_desk.mismatches.in_force import in_force
from loyalty_desk.mismatches.listing import Side
from loyalty_desk.mismatches.scores import Reason
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A member that a customer may be, as staged. `score` is None for one who has the same address.

    `card` is what is known of the loyalty card: of a key that is not there, nothing.
    """

    member_id: str
    card: Mapping[str, Any]
    email: str | None
    status: str | None
    read_at_utc: str | None
    gone_at_utc: str | None
    score: float | None = None
    reasons: tuple[Reason, ...] = ()
    is_refused: bool = False

    @property
    def name(self) -> str | None:
        name: str | None = self.card.get("name")
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One mismatch. `row` is its history, `person` the customer or member as staged, if any."""

    row: Row[Any]
    person: Row[Any] | None
    name: str | None
    candidates: list[Candidate]
    """Whom a customer may be; of a member itself and whoever has the same address."""
    customers: list[tuple[Row[Any], tuple[Reason, ...]]]
    """The customers that a member may be, with the reasons."""
    same_address: list[Row[Any]]
    """The customers who have the same address, when that is why it is a mismatch."""
    tickets: list[Row[Any]]
    channels: list[str]
    decided: list[Row[Any]]
    in_force: frozenset[str]
    """The ids of the decisions that no later one replaced."""
    ignored: Row[Any] | None
    """Why, and until when, while it is ignored."""


def load_mismatch(
    connection: Connection, store: str, subject: Subject, now: datetime
) -> Evidence | None:
    """Read everything about one mismatch; None when there never was one."""
    binds = {"store": store, "side": subject.side, "subject_id": subject.id}
    row = connection.execute(statement("decisions/find_mismatch"), binds).first()
    if row is None:
        return None
    is_customer = subject.side == Side.CUSTOMER
    key: dict[str, Any] = {"store": store}
    key |= {"customer_id": int(subject.id)} if is_customer else {"member_id": subject.id}
    of_side = "desk/people/select_customer" if is_customer else "desk/people/select_member"
    person = _execute(connection, of_side, key).first()
    email = {"store": store, "email_key": person.email_key if person else None}
    same = _execute(connection, "desk/people/find_members_by_key", email).all()
    decided = decisions.decisions_about(connection, store, subject)
    return Evidence(
        row=row,
        person=person,
        name=_name(person, is_customer=is_customer),
        candidates=_may_be(connection, key, same) if is_customer else _sharers(subject.id, same),
        customers=[]
        if is_customer
        else [
            (one, tuple(map(Reason, orjson.loads(one.reasons))))
            for one in _execute(connection, "desk/people/select_suggested_customers", key)
        ],
        same_address=[
            one
            for one in _execute(connection, "desk/people/find_customers_by_key", email)
            if str(one.customer_id) != subject.id
        ],
        tickets=list(_execute(connection, "desk/people/select_tickets", key))
        if is_customer
        else [],
        channels=_channels(connection, key) if is_customer else [],
        decided=decided,
        in_force=in_force(one for one in reversed(decided) if one.undone_at_utc is None).ids,
        ignored=_execute(
            connection, "decisions/select_ignored", binds | {"now_utc": utc_text(now)}
        ).first(),
    )


def _may_be(
    connection: Connection, key: Mapping[str, Any], same: Sequence[Row[Any]]
) -> list[Candidate]:
    """Whom a customer may be: those suggested, the surest first, then whoever has the address."""
    suggested = _execute(connection, "desk/people/select_suggestions_of", key).all()
    known = {one.member_id for one in suggested}
    further = [_same_address(one) for one in same if one.member_id not in known]
    return [*map(_suggested, suggested), *further]


def _channels(connection: Connection, key: Mapping[str, Any]) -> list[str]:
    return list(_execute(connection, "desk/people/select_channels", key).scalars())


def card_name(card: str | None) -> str | None:
    """The name in a card as it is kept."""
    return orjson.loads(card).get("name") if card else None


def _name(person: Row[Any] | None, *, is_customer: bool) -> str | None:
    if person is None:
        return None
    return person.name if is_customer else card_name(person.card)


def _suggested(row: Row[Any]) -> Candidate:
    return replace(
        _same_address(row),
        score=row.score,
        reasons=tuple(map(Reason, orjson.loads(row.reasons))),
        is_refused=bool(row.is_refused),
    )


def _same_address(row: Row[Any]) -> Candidate:
    return Candidate(
        member_id=row.member_id,
        card=orjson.loads(row.card) if row.card else {},
        email=row.email,
        status=row.status,
        read_at_utc=row.changed_at_utc,
        gone_at_utc=row.gone_at_utc,
    )


def _sharers(member_id: str, same: Sequence[Row[Any]]) -> list[Candidate]:
    """A member and all others with the same address, itself first; nobody where it is alone."""
    found = sorted(same, key=lambda one: (one.member_id != member_id, one.member_id))
    return [_same_address(one) for one in found] if len(found) > 1 else []


def _execute(connection: Connection, name: str, binds: Mapping[str, Any]) -> Any:
    return connection.execute(statement(name), binds)
