"""Asks the platform about an order of a customer: the customer's own member, then by addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import parse_utc
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup.asking import WAIT_S, Asking, NotToldError, asking_of
from loyalty_desk.lookup.problems import Problem
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.lookup.why import Asked, Finding, Question, explain, finds_order
from loyalty_desk.records import Member, MemberStatus
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.kept_out import load_kept_out
from loyalty_desk.staging.statements import statement

MOST_ASKED: Final = 4
"""Ids and addresses of one customer that are asked for: each takes two requests."""


OF_EVERYBODY: Final = frozenset(Problem) - {Problem.ANOTHERS, Problem.SHARED, Problem.UNREADABLE}
"""Why nobody else need be asked either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A member's id or an e-mail key under which the customer's points may be."""

    identifier: str
    is_other: bool


def suspects_of(
    member_id: str | None, linked_member_id: str | None, addresses: Iterable[str | None]
) -> list[Suspect]:
    """Whom to ask about, the customer's own member first; without one, whoever has the address."""
    ids = [one for one in dict.fromkeys((member_id, linked_member_id)) if one]
    keys = [one for one in dict.fromkeys(addresses) if one]
    named = [*ids, *keys][:MOST_ASKED]
    return [Suspect(identifier=one, is_other=place > 0) for place, one in enumerate(named)]


def suspects_by_address(
    connection: Connection, store: StoreSettings, email_key: str
) -> list[Suspect]:
    """Whom to ask about for an address, as a helpdesk tells it."""
    member_id = find_staged(connection, store, email_key).member_id
    binds = {"store": store.name, "email_key": email_key}
    found = connection.execute(statement("lookup/staged/select_further_keys"), binds)
    return suspects_of(member_id, None, [email_key, *found.scalars()])


def look_into(
    store: StoreSettings, question: Question, suspects: Sequence[Suspect]
) -> list[Finding]:
    """Find out what the platform tells about an order, within a few seconds."""
    asking, deadline = asking_of(store), Deadline.after(WAIT_S)
    people: list[Asked] = []
    for suspect in suspects:
        asked = ask_about(store, asking, suspect, deadline)
        if asked.member_id is not None and asked.member_id in {one.member_id for one in people}:
            continue
        people.append(asked)
        if finds_order(question, asked) or asked.problem in OF_EVERYBODY:
            break
    return explain(question, people)


def ask_about(store: StoreSettings, asking: Asking, suspect: Suspect, deadline: Deadline) -> Asked:
    """What the platform tells of one person, and of all movements; nobody who was erased here."""
    address = suspect.identifier if "@" in suspect.identifier else None
    member: Member | None = None
    try:
        member = asking.find_member(suspect.identifier, deadline)
        if member is None or _is_erased(store, member):
            return Asked(address=address, is_other=suspect.is_other)
        told = asking.movements(member.member_id, member.external_id, deadline)
    except NotToldError as error:
        return Asked(
            member_id=member.member_id if member else None,
            address=address,
            is_other=suspect.is_other,
            status=member.status if member else None,
            joined_on=_joined_on(member) if member else None,
            problem=error.problem,
        )
    return Asked(
        member_id=member.member_id,
        address=address,
        is_other=suspect.is_other,
        status=member.status,
        joined_on=_joined_on(member),
        movements=told.movements,
        tells_orders=asking.tells_orders,
        is_whole=told.is_whole,
        unread=told.unread,
    )


def _joined_on(member: Member) -> date | None:
    return parse_utc(member.joined_at_utc).date() if member.joined_at_utc else None


def _is_erased(store: StoreSettings, member: Member) -> bool:
    """Whether this person was erased here, or has the address of who was: nothing is told then."""
    with reading(staging_engine()) as connection:
        kept = load_kept_out(connection, store.name).strip_member(member)
    return kept is None or kept.status is MemberStatus.ERASED
