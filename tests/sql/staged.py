"""Rows as staging holds them, and what a match made of them; a test names only what it is about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from loyalty_desk.clock import utc_text
from loyalty_desk.staging import schema
from loyalty_desk.sync.match import MatchCounts, match_customers
from loyalty_desk.sync.plan import PlanCounts, plan_changes
from tests.factories import NOW, STORE, store_settings

EARLIER = "2026-01-01T00:00:00.000000Z"


class Staged:
    """Writes rows of one store; keys are given, so what was written can be found again."""

    def __init__(self, connection: Connection, store: str = STORE) -> None:
        self.connection, self.store = connection, store

    def member(self, member_id: str, key: str | None = None, **values: Any) -> None:
        """A member with e-mail key `key`, or without an e-mail address; 100 points, tier 2."""
        self._insert(
            schema.members,
            member_id=member_id,
            **{
                "email": key,
                "email_key": key,
                "email_state": "valid" if key else "missing",
                "status": "member",
                "points_balance": 100,
                "tier_rank": 2,
                "card": "{}",
                "card_fingerprint": f"card of {member_id}",
                "changed_at_utc": utc_text(NOW),
                **values,
            },
        )

    def customer(self, customer_id: int, key: str | None = None, **values: Any) -> None:
        """A customer with e-mail key `key`, or without one; the read could not tell the card."""
        self._insert(
            schema.customers,
            customer_id=customer_id,
            **{
                "email": key,
                "email_key": key,
                "email_state": "valid" if key else "missing",
                "updated_at_utc": utc_text(NOW),
                "read_at_utc": utc_text(NOW),
                **values,
            },
        )

    def channel(self, customer_id: int, key: str) -> None:
        self._insert(schema.customer_channels, customer_id=customer_id, email_key=key)

    def link(self, customer_id: int, member_id: str) -> None:
        self._insert(
            schema.links,
            customer_id=customer_id,
            member_id=member_id,
            confirmed_by="ada",
            confirmed_at_utc=utc_text(NOW),
        )

    def ticket(
        self, ticket_id: int, customer_id: int, status: str = "closed", **values: Any
    ) -> None:
        self._insert(
            schema.tickets,
            ticket_id=ticket_id,
            customer_id=customer_id,
            status=status,
            **{"updated_at_utc": utc_text(NOW), **values},
        )

    def touch(self, kind: str, value: object) -> None:
        if not self._exists(schema.touched, kind=kind, value=str(value)):
            self._insert(schema.touched, kind=kind, value=str(value))

    def to_plan(self, customer_id: int) -> None:
        self._insert(schema.to_plan, customer_id=customer_id)

    def match(self, customer_id: int, member_id: str) -> None:
        self._insert(schema.matches, customer_id=customer_id, member_id=member_id, rule="email")

    def unmatched(self, customer_id: int, outcome: str) -> None:
        self._insert(
            schema.unmatched_customers,
            customer_id=customer_id,
            outcome=outcome,
            since_utc=utc_text(NOW),
        )

    def pushed(self, customer_id: int, fingerprint: str, **values: Any) -> None:
        """A member's card with 100 points that Gorgias accepted some time ago."""
        self._insert(
            schema.pushed_cards,
            customer_id=customer_id,
            fingerprint=fingerprint,
            **{
                "destination": "customer_data",
                "is_member": True,
                "points_balance": 100,
                "version_utc": EARLIER,
                "pushed_at_utc": EARLIER,
                **values,
            },
        )

    def change(self, run_id: str, customer_id: int, state: str, **values: Any) -> None:
        """A change that some run planned."""
        self._insert(
            schema.changes,
            run_id=run_id,
            customer_id=customer_id,
            state=state,
            **{
                "destination": "customer_data",
                "outcome": "matched",
                "kind": "new",
                "fingerprint": "some card",
                "priority": 0,
                "attempts": 0,
                "changed_at_utc": utc_text(NOW),
                **values,
            },
        )

    def update(self, table: Table, key: dict[str, Any], **values: Any) -> None:
        self.connection.execute(
            table.update().where(*self._where(table, key)).values(**values),
        )

    def delete(self, table: Table, **key: Any) -> None:
        self.connection.execute(table.delete().where(*self._where(table, key)))

    def rows(self, table: Table, *columns: str) -> list[Any]:
        """The store's rows, sorted; of one column its values, of several tuples."""
        found = self.connection.execute(
            select(*(table.c[name] for name in columns)).where(table.c.store == self.store)
        )
        return sorted(row[0] if len(columns) == 1 else tuple(row) for row in found)

    def _exists(self, table: Table, **key: Any) -> bool:
        found = self.connection.execute(table.select().where(*self._where(table, key)))
        return found.first() is not None

    def _insert(self, table: Table, **values: Any) -> None:
        self.connection.execute(table.insert().values(store=self.store, **values))

    def _where(self, table: Table, key: dict[str, Any]) -> list[Any]:
        return [table.c.store == self.store, *(table.c[name] == key[name] for name in key)]


def empty(engine: Engine) -> None:
    """Delete every row of every staging table."""
    with engine.begin() as connection:
        for table in schema.METADATA.sorted_tables:
            connection.execute(table.delete())


def match(staged: Staged, *, full: bool = True, now: Any = NOW, **settings: Any) -> MatchCounts:
    return match_customers(staged.connection, store_settings(**settings), now, full=full)


def pairs(staged: Staged) -> list[tuple[int, str, str]]:
    return staged.rows(schema.matches, "customer_id", "member_id", "rule")


def customer_classes(staged: Staged) -> dict[int, str]:
    return dict(staged.rows(schema.unmatched_customers, "customer_id", "outcome"))


def member_classes(staged: Staged) -> dict[str, str]:
    return dict(staged.rows(schema.unmatched_members, "member_id", "outcome"))


def plan(
    staged: Staged,
    run_id: str = "run-2",
    *,
    full: bool = True,
    limit: int | None = None,
    **settings: Any,
) -> PlanCounts:
    store = store_settings(**settings)
    return plan_changes(staged.connection, store, run_id, NOW, full=full, limit=limit)


def planned(staged: Staged) -> list[tuple[int, str, str, str]]:
    return staged.rows(schema.changes, "customer_id", "kind", "outcome", "fingerprint")


def order(staged: Staged) -> list[int]:
    """The planned customers, the most important first."""
    rows = staged.rows(schema.changes, "priority", "customer_id")
    return [customer_id for _, customer_id in reversed(rows)]
