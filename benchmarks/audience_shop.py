"""A small shop in simulated time: the product's own functions on a Gorgias that holds cards.

Everybody is a member and a customer by the same number and address. What is read of members comes
as the platform's answer to "what changed", tickets by the product's own reading of their list.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.client import TicketPage
from loyalty_desk.lookup.fresh import Lookup
from loyalty_desk.lookup.place import CustomerShower, ask_to_show
from loyalty_desk.records import Customer, Member, MemberStatus, Ticket
from loyalty_desk.refresh import (
    CardShower,
    ask_for_cards,
    list_cards_to_show,
    list_customers_to_show,
    take_customer_off,
    take_off,
)
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.run_lock import Run, release_lock, take_lock
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.watermarks import Watermark, save_watermark
from loyalty_desk.sync.brake import check_brake
from loyalty_desk.sync.extract import extract_tickets
from loyalty_desk.sync.filling import write_in_background
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.plan import PlanCounts, plan_changes
from loyalty_desk.sync.push import push_changes

FIRST_POINTS = 100
FULL_EVERY = timedelta(days=7)


class Clock:
    """Stands at a moment, and goes on a little with every look, as versions have to rise."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=50)
        return self.now

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """Have all of the package read it."""
        patches = [
            patch.object(module, "utc_now", self)
            for name, module in list(sys.modules.items())
            if name.startswith("loyalty_desk")
            and isinstance(module, ModuleType)
            and hasattr(module, "utc_now")
        ]
        for one in patches:
            one.start()
        try:
            yield
        finally:
            for one in patches:
                one.stop()


class Helpdesk:
    """A Gorgias as the product's client sees it: customers' data, and tickets."""

    def __init__(self) -> None:
        self.data: dict[int, dict[str, Any]] = {}
        self.versions: dict[int, str] = {}
        self.tickets: dict[int, Ticket] = {}
        self.writes = 0
        self.requests = 0

    def put_customer_data(
        self, customer_id: int, data: dict[str, Any], version: str | None
    ) -> None:
        self.writes += 1
        self.requests += 1
        if version is not None and version < self.versions.get(customer_id, ""):
            return
        self.data[customer_id], self.versions[customer_id] = data, version or ""

    def get_customer(self, customer_id: int) -> Customer:
        self.requests += 1
        return customer(customer_id, data=self.data.get(customer_id, {}))

    def iter_ticket_pages(self) -> Iterator[TicketPage]:
        newest_first = sorted(self.tickets.values(), key=lambda one: one.updated_at_utc)[::-1]
        for start in range(0, max(1, len(newest_first)), 100):
            self.requests += 1
            yield TicketPage(tickets=newest_first[start : start + 100], rejected=[])


def customer(number: int, data: dict[str, Any] | None = None) -> Customer:
    return Customer(
        customer_id=number,
        email=address(number),
        name=None,
        external_id=None,
        updated_at_utc="2026-01-01T00:00:00.000000Z",
        data={} if data is None else data,
    )


def address(number: int) -> str:
    return f"m{number}@shop.example"


class Shop:
    """One store with so many people, in a clock's time. It is the platform of its own lookups."""

    def __init__(self, engine: Engine, store: StoreSettings, people: int, clock: Clock) -> None:
        self.engine, self.store, self.clock = engine, store, clock
        self.helpdesk: Any = Helpdesk()
        self.points = dict.fromkeys(range(1, people + 1), FIRST_POINTS)
        self.changed = set(self.points)
        self.counts: list[PlanCounts] = []
        self._planned_in_full: datetime | None = None
        self._open: dict[int, int] = {}
        with engine.begin() as connection:
            everybody = [customer(number) for number in self.points]
            stage_customers(
                connection, store.name, everybody, clock(), card_key="loyalty", first_load=True
            )
            read = Watermark(since=None, full_scan_at_utc=utc_text(clock()))
            save_watermark(connection, store.name, "customers", read)

    # --- what happens --------------------------------------------------------------------------

    def set_points(self, number: int, points: int) -> None:
        """Somebody buys something."""
        self.points[number] = points
        self.changed.add(number)

    def write_in(self, number: int) -> None:
        """A customer writes: a ticket is created, and Gorgias has its card looked up."""
        ticket_id = 1_000_000 + len(self.helpdesk.tickets)
        self._update_ticket(ticket_id, number, "open")
        self._open[number] = ticket_id
        self._look_up(number, ticket_id)

    def has_open_ticket(self, number: int) -> bool:
        return number in self._open

    def close(self, number: int) -> None:
        self._update_ticket(self._open.pop(number), number, "closed")

    def webhook(self, number: int) -> None:
        """The platform tells of a member, whatever it is."""
        with self.engine.begin() as connection:
            ask_for_cards(connection, self.store.name, [str(number)], self.clock())
        self._show_asked()

    def sync(self) -> PlanCounts:
        """One sync; raises BrakeError as it does."""
        run_id = f"run-{len(self.counts):05}"
        run = Run(store=self.store, run_id=run_id, params=RunParams(), engine=self.engine)
        now = self.clock()
        full = self._planned_in_full is None or now - self._planned_in_full >= FULL_EVERY
        with self.engine.begin() as connection:
            start_run(connection, self.store.name, run_id, {}, now)
            take_lock(connection, run, staging_now(connection))
            batch = [self._member(number) for number in sorted(self.changed)]
            stage_members(connection, self.store.name, batch, now, first_load=False)
        self.changed.clear()
        extract_tickets(run, self.helpdesk)
        with self.engine.begin() as connection:
            match_customers(connection, self.store, self.clock(), full=full)
        with self.engine.begin() as connection:
            counts = plan_changes(connection, self.store, run_id, self.clock(), full=full)
        check_brake(self.store.brake, counts.brake_facts())
        write_in_background(run, self.helpdesk, push_changes(run, self.helpdesk))
        with self.engine.begin() as connection:
            release_lock(connection, run)
        if full:
            self._planned_in_full = now
        self.counts.append(counts)
        return counts

    # --- what an agent sees --------------------------------------------------------------------

    def shown(self, number: int) -> int | None:
        """The points on a customer's card; None when there is no card."""
        card = self.helpdesk.data.get(number, {}).get("loyalty")
        return None if card is None else int(card["points_balance"])

    @property
    def standing(self) -> Collection[int]:
        return [number for number in self.points if self.shown(number) is not None]

    # --- the platform --------------------------------------------------------------------------

    def find_member(self, identifier: str) -> Member | None:
        number = int(identifier.removeprefix("m").partition("@")[0])
        return self._member(number)

    def _member(self, number: int) -> Member:
        return Member(
            member_id=str(number),
            email=address(number),
            status=MemberStatus.MEMBER,
            card={"points_balance": self.points[number]},
        )

    def _update_ticket(self, ticket_id: int, number: int, status: str) -> None:
        self.helpdesk.tickets[ticket_id] = Ticket(
            ticket_id=ticket_id,
            customer_id=number,
            status=status,
            updated_at_utc=utc_text(self.clock()),
        )

    def _look_up(self, number: int, ticket_id: int) -> None:
        platform: Any = self
        lookup = Lookup(self.store, self.engine, lambda: platform)
        found = lookup.find(address(number))
        lookup.close()
        ask_to_show(
            self.engine,
            self.store,
            number,
            address(number),
            found,
            self.clock(),
            ticket_id=ticket_id,
        )
        self._show_asked()

    def _show_asked(self) -> None:
        """What the refresh does within seconds."""
        platform: Any = self
        shower = CardShower(self.store, self.engine, platform, self.helpdesk)
        while True:
            with self.engine.connect() as connection:
                members = list_cards_to_show(connection, self.store.name, most=100)
                customers = list_customers_to_show(connection, self.store.name, most=100)
            if not members and not customers:
                return
            for one in members:
                shower.reread_member(one.member_id)
                shower.push(one.member_id)
                with self.engine.begin() as connection:
                    take_off(connection, self.store.name, one)
            for one in customers:
                CustomerShower(shower=shower).show(one.customer_id, is_stale=one.is_stale)
                with self.engine.begin() as connection:
                    take_customer_off(connection, self.store.name, one)
