"""A store as a whole in one process: real functions, HTTP and database, and a few people.

The suites run as plain SQL, as Great Expectations takes longer than all the rest; that both find
the same is the business of `tests/sql`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from sqlalchemy import Engine, Table, select

from loyalty_desk.clock import utc_now
from loyalty_desk.lookup.fresh import lookup_of
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair
from loyalty_desk.mismatches.links import remove_link
from loyalty_desk.quality.steps import CheckResult
from loyalty_desk.quality.suites import Check, ColumnCheck
from loyalty_desk.records import RunState
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import load_run_record
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks import refresh, sync
from loyalty_desk.tasks.sync_order import SYNC_ORDER
from sandbox.running import Sandbox
from tests.factories import STORE
from tests.flow.lists import all_tickets, answers_of
from tests.oracle.cards import Card, shown_cards
from tests.oracle.oracle import expected_cards

MOMENTS: Final = ("start", *chain.from_iterable(SYNC_ORDER))
"""After which of these something may happen: between every two stages."""
ADA, GRACE, JOAN, HOPE, IVY = (
    f"{name}@shop.example" for name in ("ada", "grace", "joan", "hope", "ivy")
)
PEOPLE: Final = (ADA, GRACE, JOAN, HOPE, IVY)
"""Customers, and all but one members by the same address, each with so many hundred points."""
JOAN_AT_WORK: Final = "joan@work.example"
"""Under which Joan is a member; a person linked her customer to it."""
Deed = Callable[["Shop"], None]


@dataclass
class Shop:
    """One store and its two accounts. People are named by the address that they begin with."""

    sandbox: Sandbox
    engine: Engine
    customer_ids: dict[str, int]
    member_ids: dict[str, str]
    runs: int = 0
    erased: set[str] = field(default_factory=set)
    is_right: bool = False
    """Whether the next test may go on in it."""

    def begin(self) -> None:
        """Everybody as at first, but for the balances, so that a sync has cards to write."""
        self.is_right = False
        self.restore_people()
        for member in self.member_ids:
            for who in self.paired_with(member, schema.links):
                self.unlink(who)
        self.link(JOAN, JOAN_AT_WORK)

    def restore_people(self) -> None:
        for number, who in enumerate(PEOPLE, 1):
            self.change_customer(who, email=who, channels=[{"type": "email", "address": who}])
            member = JOAN_AT_WORK if who == JOAN else who
            points = 100 * number + self.runs
            self.change_member(member, email=member, points_tally=points, status="member")

    def sync(self, meanwhile: Mapping[str, Deed] | None = None) -> None:
        """One sync, stage by stage; `meanwhile` is done right after the stage of that name.

        It is green, whatever that was, and no check found anything.
        """
        self.runs += 1
        run_id = f"run-{self.runs}"
        sync.start(STORE, run_id, {})
        for stage in MOMENTS:
            sync.STAGES.get(stage, _begun)(STORE, run_id)
            (meanwhile or {}).get(stage, _nothing)(self)
        sync.report(STORE, run_id, reached_the_end=True)
        with self.engine.connect() as connection:
            record = load_run_record(connection, STORE, run_id)
        assert record.state is RunState.SUCCEEDED, record.failure
        assert not (failed := self.failed_checks()), failed

    def plan_again(self) -> None:
        """What a person does in Airflow, to have these tasks of the run go once more."""
        for stage in ("match", "check_match", "plan", "check_plan", "push"):
            sync.STAGES[stage](STORE, f"run-{self.runs}")

    def merge_grace_into_ivy(self) -> None:
        """An agent merges them in Gorgias."""
        path = f"customers/{self.customer_ids[GRACE]}/merge"
        self.sandbox.control("gorgias", "POST", path, {"into": self.customer_ids[IVY]})

    def settle(self) -> None:
        """One more sync, and everybody is shown what an oracle says that shares no code."""
        self.sync()
        assert not (mistakes := self.mistakes()), mistakes
        self.is_right = not self.erased

    def failed_checks(self) -> list[str]:
        with self.engine.connect() as connection:
            found = select(schema.quality_results.c.expectation).where(
                schema.quality_results.c.failing_count > 0
            )
            return sorted(connection.execute(found).scalars())

    def change_member(self, who: str, **values: Any) -> None:
        self.sandbox.control("rivo", "PATCH", f"members/{self.member_ids[who]}", values)

    def change_customer(self, who: str, **values: Any) -> None:
        self.sandbox.control("gorgias", "PATCH", f"customers/{self.customer_ids[who]}", values)

    def add_member(self, email: str, points: int = 0) -> None:
        values = {"email": email, "points_tally": points, "status": "member"}
        found = self.sandbox.control("rivo", "POST", "members", values)
        self.member_ids[email] = str(found["id"])

    def add_newcomer(self) -> str:
        """Somebody new joins, whose address is returned."""
        email = f"newcomer.{self.runs}@shop.example"
        self.add_member(email)
        return email

    def webhook(self, *who: str) -> None:
        """What follows a webhook on these members."""
        with self.engine.begin() as connection:
            ask_for_cards(connection, STORE, [self.member_ids[one] for one in who], utc_now())
        refresh.refresh_cards(STORE)

    def look_up(self, email: str) -> Mapping[str, Any]:
        """Look an address up, and show the cards that this brought news of."""
        found = lookup_of(stores_file().get(STORE)).find(email).content()
        refresh.refresh_cards(STORE)
        return found

    def link(self, who: str, member: str) -> str:
        pair = Pair(self.customer_ids[who], self.member_ids[member])
        with self.engine.begin() as connection:
            return decisions.link(connection, STORE, [pair], "a manager", utc_now())

    def paired_with(self, member: str, by: Table) -> list[str]:
        """Whom a member is linked to, or matched with."""
        found = select(by.c.customer_id).where(by.c.member_id == self.member_ids[member])
        with self.engine.connect() as connection:
            ids = set(connection.execute(found).scalars())
        return [who for who, customer_id in self.customer_ids.items() if customer_id in ids]

    def unlink(self, who: str) -> None:
        with self.engine.begin() as connection:
            remove_link(connection, STORE, self.customer_ids[who], utc_now())

    def undo(self, batch: str) -> None:
        with self.engine.begin() as connection:
            decisions.undo(connection, STORE, batch, "a manager", utc_now())

    def refuse(self, who: str, member: str) -> None:
        pair = Pair(self.customer_ids[who], self.member_ids[member])
        with self.engine.begin() as connection:
            decisions.refuse(connection, STORE, [pair], "a manager", utc_now())

    def shown(self, who: str) -> Card:
        """The card at a customer's, as Gorgias has it now."""
        customer_id = self.customer_ids[who]
        row = self.sandbox.control("gorgias", "GET", f"customers/{customer_id}")
        return shown_cards([row])[customer_id]

    def mistakes(self) -> dict[int, tuple[Card | None, Card | None]]:
        """What is shown and should be, where the two differ.

        Who had a member's card and is none any more keeps one that says so.
        """
        answers, customers = answers_of(self.sandbox, "rivo"), self._rows("gorgias", "customers")
        with self.engine.connect() as connection:
            links = connection.execute(select(schema.links)).all()
        addresses = {str(member["id"]): member["email"] for member in answers["data"]}
        linked = {link.customer_id: addresses[link.member_id] for link in links}
        wanted = expected_cards(
            answers,
            [{**row, "email": linked.get(row["id"], row["email"])} for row in customers],
            all_tickets(self.sandbox),
        )
        gone = {self.customer_ids[who] for who in self.erased}
        shown = shown_cards(customers)
        return {
            one: (shown.get(one), None if one in gone else wanted.get(one))
            for one in shown.keys() | wanted.keys()
            if (one in gone and one in shown)
            or (one not in gone and one in wanted and shown.get(one) != wanted[one])
            or (one not in wanted and shown[one]["member"])
        }

    def _rows(self, server: str, what: str) -> list[dict[str, Any]]:
        return list(self.sandbox.control(server, "GET", f"{what}?limit=1000")["data"])


def _begun(store: str, run_id: str) -> None:
    """The sync has begun; no stage has."""


def _nothing(shop: Shop) -> None:
    """Nothing happens meanwhile."""


def plain_checks(
    engine: Engine, checks: Sequence[Check], values: Mapping[str, Any], *_: object
) -> tuple[CheckResult, ...]:
    """In place of `gx.run_checks`."""
    with engine.connect() as connection:

        def rows(name: str) -> list[Any]:
            clause = statement(name)
            binds = {bind: values[bind] for bind in clause.compile().params}
            return list(connection.execute(clause, binds).all())

        return tuple(_result(check, rows) for check in checks)


def _result(check: Check, rows: Callable[[str], list[Any]]) -> CheckResult:
    if isinstance(check, ColumnCheck):
        every = rows(check.batch)
        judge = _JUDGES[check.expectation]
        wrong = [
            getattr(row, check.id_column)
            for row in every
            if not judge(getattr(row, check.arguments["column"]), check.arguments)
        ]
        passed = len(wrong) <= (1 - check.arguments.get("mostly", 1)) * len(every)
    else:
        wrong = [row.failing_id for row in rows(check.query)]
        passed = not wrong
    return CheckResult(
        expectation=check.name,
        severity=check.severity,
        passed=passed,
        failing_count=0 if passed else len(wrong),
        at_fault=() if passed else tuple(map(str, wrong)),
    )


def _is_between(value: Any, arguments: Mapping[str, Any]) -> bool:
    return value is None or operator.ge(value, arguments["min_value"])


_JUDGES: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], bool]]] = {
    "ExpectColumnValuesToBeInSet": lambda value, found: value in found["value_set"],
    "ExpectColumnValuesToNotBeInSet": lambda value, found: value not in found["value_set"],
    "ExpectColumnValuesToNotBeNull": lambda value, _: value is not None,
    "ExpectColumnValuesToBeBetween": _is_between,
    "ExpectColumnValueLengthsToBeBetween": lambda value, found: len(value) >= found["min_value"],
    "ExpectColumnValuesToMatchLikePattern": lambda value, found: (
        len(value) == len(found["like_pattern"])
    ),
}
