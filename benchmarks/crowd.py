"""Customers without a member among a million, of each of whom it is known who they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select

from benchmarks import people
from benchmarks.asking import NotMeasuredError
from benchmarks.filled import fill as fill_all
from loyalty_desk.mismatches.suggest import MOST_OF_A_NAME
from loyalty_desk.mismatches.suggestions import best_suggestions
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading

WROTE = 20_000
MOST_WRONG = 0.02
LAST_NAMED = 5
"""After this kind of the ten, who is nobody has an initial in the address."""
MEANT, SLIPPED = "@gmail.com", "@gmial.com"
OPEN = ("member_not_in_gorgias", "no_email")
ELSEWHERE = "@private.example"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who wrote, and which member is whose. Who is in neither is nobody."""

    wrote: frozenset[int]
    told: dict[int, str]
    """By an id of the shop or a slip in the domain: all of them have to be found."""
    alike: dict[int, str]
    """By a name and a similar address: the rarer the name, the more of them."""
    compared: int
    """Pairs of a customer and a member who have one name."""

    def check(self, engine: Engine, store: StoreSettings, min_score: float) -> None:
        """Raise NotMeasuredError unless staging has the suggestions that it should have."""
        with reading(engine) as connection:
            best = best_suggestions(connection, store.name, min_score)
        found = {one: best[one].member_id for one in self.wrote & best.keys()}
        missing = sum(found.get(one) != member_id for one, member_id in self.told.items())
        if missing or not self.told:
            raise NotMeasuredError(f"{missing} of {len(self.told)} are not suggested as they must")
        right = self.told | self.alike
        wrong = sum(right.get(one) != member_id for one, member_id in found.items())
        if wrong > MOST_WRONG * len(found):
            raise NotMeasuredError(f"{wrong} of {len(found)} suggestions are wrong")


def fill(engine: Engine, store: StoreSettings, rows: int) -> Crowd:
    """Stage so many members and customers, matched, and have some who are nobody write."""
    fill_all(engine, store, rows)
    told: dict[int, str] = {}
    alike: dict[int, str] = {}
    unmatched = schema.unmatched_customers
    with engine.begin() as connection:
        query = select(unmatched.c.customer_id).order_by(unmatched.c.customer_id).limit(WROTE)
        wrote = connection.scalars(query).all()
        holders = {one: people.holder(one - people.FIRST_CUSTOMER, rows) for one in wrote}
        members = schema.unmatched_members
        found = connection.scalars(select(members.c.member_id).where(members.c.outcome.in_(OPEN)))
        free = {int(member_id) - people.FIRST_MEMBER for member_id in found}
        changes = []
        for turn, (customer_id, holder) in enumerate(holders.items()):
            member = people.member(holder)
            kind = turn % 10 if holder in free else None
            change = _Change(customer_id, holder)
            if kind == 0:
                change.shop_id = member.external_id
                told[customer_id] = member.member_id
            elif kind == 1 and member.email and member.email.endswith(MEANT):
                change.email = member.email.replace(MEANT, SLIPPED)
                told[customer_id] = member.member_id
            elif kind == 2 and member.email:
                change.email = f"{member.email.partition('@')[0].replace('.', '_')}{ELSEWHERE}"
                alike[customer_id] = member.member_id
            else:
                change.named = rows + holder
                change.has_initial = turn % 10 > LAST_NAMED
            changes.append(change)
        _write(connection, store.name, wrote[-1], changes)
    return Crowd(frozenset(wrote), told, alike, _count_compared(changes, free))


@dataclass(slots=True)
class _Change:
    """How a customer is known: by the name of a number, and an address of the name."""

    customer_id: int
    named: int
    email: str = ""
    shop_id: str | None = None
    has_initial: bool = False

    def row(self) -> dict[str, Any]:
        first, _, last = people.plain_address(self.named).partition(".")
        local = f"{first[:1]}.{last}" if self.has_initial else f"{first}.{last}"
        email = self.email or f"{local.strip('.')}{ELSEWHERE}"
        name = people.name(self.named).whole
        return {"id": self.customer_id, "told": name, "address": email, "shop_id": self.shop_id}


def _write(
    connection: Connection, store: str, last_wrote: int, changes: Collection[_Change]
) -> None:
    unmatched, customers = schema.unmatched_customers, schema.customers
    connection.execute(
        unmatched.update()
        .where(unmatched.c.customer_id <= last_wrote)
        .values(outcome="customer_not_found")
    )
    connection.execute(
        customers.update()
        .where(customers.c.store == store, customers.c.customer_id == bindparam("id"))
        .values(
            name=bindparam("told"),
            email=bindparam("address"),
            email_key=bindparam("address"),
            external_id=bindparam("shop_id"),
        ),
        [change.row() for change in changes],
    )


def _count_compared(changes: Iterable[_Change], members: Iterable[int]) -> int:
    names = Counter(people.name(change.named).whole for change in changes)
    common = {name: count for name, count in names.items() if count <= MOST_OF_A_NAME}
    return sum(common.get(people.name(number).whole, 0) for number in members)
