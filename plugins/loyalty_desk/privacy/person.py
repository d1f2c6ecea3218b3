"""Who is to be erased: every address and id by which staging knows one person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.card.emails import read_email
from loyalty_desk.errors import PermanentError
from loyalty_desk.settings.stores_file import known_platforms
from loyalty_desk.staging.statements import statement


class PersonError(PermanentError):
    """Nobody can be erased. The message says why; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """How a person is named: by one of the three."""

    email: str | None = None
    customer_id: int | None = None
    member_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything that leads to one person in one store. Without a repr: it must not be logged."""

    email_keys: frozenset[str]
    customer_ids: frozenset[int]
    member_ids: frozenset[str]
    texts: frozenset[str]
    """Addresses and full names as they are written, to be looked for in files."""
    award_ids: tuple[str, ...]
    waiting_awards: tuple[str, ...]
    ticket_ids: frozenset[int]

    @property
    def written_ids(self) -> set[str]:
        """Customers and members as reports and checks name them: those of then without the platform
        before the id.
        """
        told = (one.partition(" ") for one in self.member_ids)
        of_then = {name for platform, _, name in told if name and platform in known_platforms()}
        return {*self.member_ids, *of_then, *map(str, self.customer_ids)}

    def __repr__(self) -> str:
        return f"Person({len(self.customer_ids)} customers, {len(self.member_ids)} members)"


WAITING = frozenset({"queued", "needs_approval", "approved", "applying"})


def find_person(connection: Connection, store: str, who: Who) -> Person:
    """Find all that is one person: same address, or paired by a match or a link; also those whom
    it was on platforms that the store left.

    Raises:
        PersonError: no address, or nobody has that id.
    """
    keys, customers, members = _named(who)
    rows: list[Row[Any]] = []
    while True:  # a customer leads to a member, who leads to another customer
        before = len(keys), len(customers), len(members)
        binds = _binds(store, keys, customers, members)
        rows = []
        for row in connection.execute(statement("privacy/person/find_customers"), binds):
            rows.append(row)
            customers.add(row.customer_id)
            keys |= {row.email_key} - {None}
        for row in connection.execute(statement("privacy/person/find_members"), binds):
            rows.append(row)
            members.add(row.member_id)
            keys |= {row.email_key} - {None}
        for row in connection.execute(statement("privacy/person/find_former"), binds):
            rows.append(row)
            members.add(row.member_id)
            _add(row, keys, customers, members)
        if before == (len(keys), len(customers), len(members)):
            break
    person = gather(connection, store, keys, customers, members)
    if who.email is None and not rows and not person.award_ids:  # of a platform that it left, say
        raise PersonError(f"store {store} knows nobody with that id")
    return person


def holders_of(connection: Connection, store: str, keys: set[str]) -> tuple[set[int], set[str]]:
    """The customers and members who have one of these addresses, whoever they are paired with; also
    members of platforms that the store left.
    """
    binds = _binds(store, keys, (), ())
    customers = connection.execute(statement("privacy/person/find_customers"), binds)
    members = [
        *connection.execute(statement("privacy/person/find_members"), binds),
        *connection.execute(statement("privacy/person/find_former"), binds),
    ]
    return {one.customer_id for one in customers}, {one.member_id for one in members}


def gather(
    connection: Connection, store: str, keys: set[str], customers: set[int], members: set[str]
) -> Person:
    """The person who has exactly these addresses and ids, with what else leads to them."""
    binds = _binds(store, keys, customers, members)
    found = connection.execute(statement("privacy/person/find_customers"), binds).all()
    rows: list[Row[Any]] = [row for row in found if row.customer_id in customers]
    found = connection.execute(statement("privacy/person/find_members"), binds).all()
    rows += [row for row in found if row.member_id in members]
    awards = connection.execute(statement("privacy/person/find_awards"), binds).all()
    tickets = connection.execute(statement("privacy/person/find_tickets"), binds).scalars()
    return Person(
        email_keys=frozenset(keys),
        customer_ids=frozenset(customers),
        member_ids=frozenset(members),
        texts=frozenset(_texts(rows)),
        award_ids=tuple(award.award_id for award in awards),
        waiting_awards=tuple(award.award_id for award in awards if award.state in WAITING),
        ticket_ids=frozenset([*tickets, *(one.ticket_id for one in awards if one.ticket_id)]),
    )


def _binds(
    store: str, keys: Collection[str], customers: Collection[int], members: Collection[str]
) -> dict[str, Any]:
    return {
        "store": store,
        "email_keys": texts_of(keys),
        "customer_ids": sorted(customers),
        "customer_texts": texts_of(customers),
        "member_ids": texts_of(members),
    }


def _add(told: Row[Any], keys: set[str], customers: set[int], members: set[str]) -> None:
    """Add what tells who a member of a platform was that the store left."""
    match told.kind:
        case "email_key":
            keys.add(told.value)
        case "customer":
            customers.add(int(told.value))
        case "member":
            members.add(told.value)


def texts_of(values: Iterable[object]) -> list[str]:
    """The values as a list of texts for `IN`."""
    return sorted(map(str, values))


def _named(who: Who) -> tuple[set[str], set[int], set[str]]:
    if [who.email, who.customer_id, who.member_id].count(None) != 2:
        raise PersonError("name one of: an e-mail address, a customer's id, a member's id")
    if who.email is None:
        customers = set() if who.customer_id is None else {who.customer_id}
        return set(), customers, set() if who.member_id is None else {who.member_id}
    key = read_email(who.email)[0]
    if key is None:
        raise PersonError("that is not an e-mail address")
    return {key}, set(), set()


def _texts(rows: list[Row[Any]]) -> set[str]:
    found: set[str] = set()
    for row in rows:
        found |= {text for text in (row.email, row.email_key) if text}
        name = row.name if "name" in row._fields else orjson.loads(row.card).get("name")
        # One word may be a month or a town, and no file of ours holds names anyway.
        found |= {name} if name and " " in name else set()
    return found
