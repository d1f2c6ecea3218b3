"""A generated year of a shop: its people, tickets and awards, written to staging as the product
does it, and told to the oracles of goodwill and liability as it happens.

The year holds a leap day, both changes of the clocks, and what falls on the edge of a day, a month
or a sync. Everything is drawn from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from typing import Any

from sqlalchemy import Connection, Engine

from benchmarks.names import Name, draw_name, letters
from loyalty_desk.awards.queue import Door, Queued, queue_award
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.reversal import REASON, reverse_award
from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.liability import keep_liability, keep_what_awards_were_for
from loyalty_desk.privacy.person import Who, find_person
from loyalty_desk.records import Member, MemberStatus, Ticket, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.intake import (
    mark_member_gone,
    prune_tickets,
    stage_members,
    stage_tickets,
)
from loyalty_desk.tasks.erase import erase_rows
from tests.oracle.goodwill import Award, Ledger
from tests.oracle.liability import Liability, Person, is_here
from tests.sql.shop_awards import carry_on, settle
from tests.sql.shop_bookings import ShopBookings

FIRST, LAST = date(2023, 11, 20), date(2024, 11, 18)
SYNC = time(5, tzinfo=UTC)
BEGINS = datetime.combine(FIRST, SYNC)
MOMENT, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)
EDGES = (time(0, tzinfo=UTC), time(23, 59, 59, 999_999, tzinfo=UTC), time(4, tzinfo=UTC), SYNC)
"""The edges of a day of UTC and of New York, and the moment of most syncs."""
AGENTS = ("ada@shop.example", "eve@shop.example", "joan", "=lea", "zoë")
GENEROUS = "max@shop.example"
TIERS = ("", "Silver", "Gold", 'The "best"', "Größe")
TAGS = ("shoes", "hats", "Größe 42", "-5%", "late")
PEOPLE = 24
SHOPS: dict[str, dict[str, Any]] = {
    "acme": {"currency": "EUR", "goodwill": {"point_value": 0.0125, "budget_per_month": 60.55}},
    "yen": {"currency": "JPY", "goodwill": {"point_value": 1.5, "budget_per_month": 9_000}},
    "dinar": {"currency": "KWD", "goodwill": {"point_value": 0.000333}},
    "bare": {},
}
"""Money of two digits, of none and of three, and a shop that makes no money of points."""
LIMITS = {
    **dict.fromkeys(
        (
            f"max_{unit}_{what}"
            for unit in ("points", "credits")
            for what in ("per_award", "per_agent_per_day", "per_member_per_day")
        ),
        999_999,
    ),
    "approval_above_points": 800,
    "approval_above_credits": 40,
    "points_below_zero": "allow",
}


def settings_of(name: str) -> StoreSettings:
    given = {"platform": "rivo", "time_zone": "America/New_York", "awards": LIMITS, **SHOPS[name]}
    return StoreSettings.model_validate({"name": name, **given})


def value_of(store: StoreSettings) -> Decimal | None:
    """What a point is worth, as the shop wrote it."""
    value = store.goodwill.point_value
    return None if value is None else Decimal(str(value))


@dataclass
class ShopYear:
    """A store that lives its year. `now` is the moment it came to."""

    engine: Engine
    store: StoreSettings
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    liability: Liability = field(default_factory=Liability)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: datetime = BEGINS

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} {self.store.name}")
        self.ledger.point_value = value_of(self.store)
        self._ahead: list[tuple[datetime, int, int, Callable[[], None]]] = []
        self._names: dict[str, Name] = {}
        self._tags: dict[int, tuple[str, ...] | None] = {}
        self._updated: dict[int, datetime] = {}
        self._changed: set[str] = set()
        self._numbers = 0
        self._kept_out: set[str] = set()
        self.bookings = ShopBookings(self.engine, self.store.name, self.seed)

    # --- the calendar --------------------------------------------------------------------------

    def live(self, last: date = LAST) -> ShopYear:
        """Until the last sync of this day."""
        for number in range(PEOPLE):
            self._change(str(number + 1))
        day = FIRST
        while day <= last:
            self._plan(day)
            while self._ahead and self._ahead[0][0].date() <= day:
                self.now, _, _, happens = heappop(self._ahead)
                happens()
            day += DAY
        self.now = datetime.combine(last, EDGES[1])
        self._sync()
        return self

    def _at(self, moment: datetime, happens: Callable[[], None], rank: int = 0) -> None:
        self._numbers += 1
        heappush(self._ahead, (moment, rank, self._numbers, happens))

    def _plan(self, day: date) -> None:
        dice = self.dice
        if day == FIRST or dice.random() < 0.8:  # on some days there is no sync
            self._at(datetime.combine(day, SYNC), self._sync, rank=1)
        if dice.random() < 0.1:
            self._at(self._some(day), self._sync, rank=1)
        for _ in range(dice.choice((0, 1, 1, 2))):
            self._at(self._some(day), lambda: self._change(dice.choice(list(self.people))))
        if dice.random() < 0.4:
            self._at(self._some(day), self._ticket)
        for at in self.bookings.moments(day):
            self._at(at, lambda: self.bookings.book(self.now, self.people))
        wanted = 3 if (day + DAY).day == 1 or day == date(2024, 2, 29) else dice.choice((0, 1, 1))
        for _ in range(wanted):
            self._at(self._some(day), self._award)
        if day == date(2024, 8, 1):
            self._at(self._some(day), self._erase)

    def _some(self, day: date) -> datetime:
        """A moment of a day; often one at an edge."""
        if self.dice.random() < 0.35:
            return datetime.combine(day, self.dice.choice(EDGES))
        at = datetime.combine(day, time(), UTC)
        return at + timedelta(microseconds=self.dice.randrange(86_400_000_000))

    # --- people and tickets --------------------------------------------------------------------

    def _change(self, person: str) -> None:
        """Somebody earns, redeems, moves to another tier, leaves, comes back."""
        dice = self.dice
        if person in self._kept_out:
            return
        one: dict[str, Any] = {"status": dice.choices(("member", "guest", "erased"), (90, 8, 2))[0]}
        one["gone"] = dice.random() < 0.12
        if dice.random() < 0.9:
            one["points"] = dice.randint(-50, 5_000)
        if tier := dice.choice(TIERS):
            one["tier"] = tier
        if dice.random() < 0.3:
            one["points_pending"] = dice.randint(0, 900)
        if dice.random() < 0.5:
            one["credits"] = Decimal(dice.randint(0, 99_999)) / 1000
        self.people[person] = one
        self._names.setdefault(person, draw_name(dice, "de_DE"))
        self._changed.add(person)

    def address(self, person: str, place: str = "shop.example") -> str:
        name = self._names[person]
        return f"{letters(name.first)}.{letters(name.last)}{person}@{place}"

    def _ticket(self) -> None:
        """A new ticket, or news of one."""
        dice, known = self.dice, list(self.ledger.tickets)
        number = dice.choice(known) if known and dice.random() < 0.3 else len(self._tags) + 1
        is_new = number not in self.ledger.tickets
        tags = tuple(sorted(set(dice.choices(TAGS, k=dice.randint(0, 3)))))
        self._tags[number] = None if is_new and dice.random() < 0.5 else tags
        if is_new:
            # Of some no time is told; in the last weeks of each, so that rates can be told.
            is_told = self.now.date() > LAST - 120 * DAY or dice.random() < 0.8
            self.ledger.tickets[number] = self.now if is_told else None
        created = self.ledger.tickets[number]
        ticket = Ticket(
            ticket_id=number,
            customer_id=1,
            status="open",
            updated_at_utc=utc_text(self.now),
            created_at_utc=created and utc_text(created),
            tags=self._tags[number],
        )
        self._updated[number] = self.now
        with self.engine.begin() as connection:
            stage_tickets(connection, self.store.name, [ticket], self.now)

    # --- awards --------------------------------------------------------------------------------

    def _award(self) -> None:
        """An award that comes to its end now; a fifth of them are taken back later."""
        dice = self.dice
        here = [one for one in self.people if is_here(self.people[one])]
        person, unit = dice.choice(here), dice.choice(("points", "credits"))
        agent = GENEROUS if dice.random() < 0.15 else dice.choice(AGENTS)
        if self.now.day <= 2:
            person = here[0]  # whom everybody awards
        amount = Decimal(dice.randint(1, 90))
        if agent == GENEROUS:
            amount = Decimal(dice.randint(700, 830) if unit == "points" else dice.randint(34, 42))
        elif unit == "credits":
            amount = Decimal(dice.randint(1, 900)) / 100
        if dice.random() < 0.1:
            amount = -amount
        known = [None, None, *self.ledger.tickets]
        self._numbers += 1
        request = AwardRequest(
            email=None,
            member_id=person,
            amount=amount,
            unit=Unit(unit),
            reason=dice.choice(self.store.awards.reasons),
            note=None,
            message=None,
            agent=agent,
            ticket_id=dice.choice(known),
            idempotency_key=f"key {self._numbers}",
        )
        if dice.random() < 0.3:  # by an address that only the platform knows
            place = dice.choice(("shop.example", "other.example"))
            request = replace(request, member_id=None, email=self.address(person, place))
        with self.engine.begin() as connection:
            at, door = self.now - MINUTE, dice.choice((Door.DESK, Door.FILE))
            queued = queue_award(connection, self.store, request, at, door=door)
            one = self._carry_on(connection, queued, request, person, at)
        if one.state == "applied" and dice.random() < 0.25:
            later = dice.choice((MOMENT, 3 * MINUTE, DAY, dice.randint(1, 80) * DAY))
            self._at(self.now + later, lambda: self._take_back(one))

    def _take_back(self, original: Award) -> None:
        if original.person is None:
            return
        at = self.now - MOMENT
        with self.engine.begin() as connection:
            queued = reverse_award(
                connection,
                self.store,
                original.award_id,
                at,
                agent="boss",
                why="a mistake",
                door=Door.DESK,
            )
            request = AwardRequest(
                email=None,
                member_id=original.person,
                amount=-original.amount,
                unit=Unit(original.unit),
                reason=REASON,
                note=None,
                message=None,
                agent="boss",
                ticket_id=original.ticket,
                idempotency_key=None,
            )
            one = self._carry_on(
                connection, queued, request, original.person, at, original.award_id
            )
        if one.state in {"refused", "rejected"}:
            self._at(self.now + DAY, lambda: self._take_back(original))

    def _carry_on(
        self,
        connection: Connection,
        queued: Queued,
        request: AwardRequest,
        person: str,
        at: datetime,
        takes_back: str | None = None,
    ) -> Award:
        one = carry_on(
            connection,
            self.store.name,
            queued.award_id,
            request,
            person,
            queued=at,
            now=self.now,
            dice=self.dice,
            takes_back=takes_back,
        )
        self.ledger.awards[one.award_id] = one
        if one.state == "applied":
            self.bookings.book(self.now, self.people, one.award_id)
        if one.state == "unknown" and self.dice.random() < 0.5:
            self._at(self.now + self.dice.randint(1, 9) * DAY, lambda: self._settle(one))
        return one

    def _settle(self, one: Award) -> None:
        with self.engine.begin() as connection:
            settle(connection, self.store.name, one, self.now)

    # --- syncs, and what is forgotten ----------------------------------------------------------

    def _sync(self) -> None:
        name, now = self.store.name, self.now
        before = now - timedelta(days=self.store.extract.recent_ticket_days)
        with self.engine.begin() as connection:
            changed = sorted(self._changed)
            batch = [self._member(one) for one in changed]
            stage_members(connection, name, batch, now, first_load=False)
            for person in changed:
                if self.people[person]["gone"]:
                    mark_member_gone(connection, name, person, now)
            prune_tickets(connection, name, utc_text(before))
        self.bookings.read(now, self.people)
        with self.engine.begin() as connection:
            keep_liability(connection, self.store, now)
            keep_what_awards_were_for(connection, self.store, now)
        self._changed.clear()
        known = self.ledger.tickets.items()
        held = {one: at for one, at in known if self._updated[one] >= before}
        self.ledger.tickets = held
        tiers = {one: row.get("tier", "") for one, row in self.people.items() if is_here(row)}
        self.ledger.synced(now, tiers, {one: self._tags[one] for one in held})
        booked = [
            (one.ended, one.person, one.unit, one.amount)
            for one in self.ledger.awards.values()
            if one.state == "applied" and one.ended is not None
        ]
        self.liability.synced(now, self.people, booked, value_of(self.store), self.bookings.told)

    def _member(self, person: str) -> Member:
        one: Person = self.people[person]
        card = {key: one[key] for key in ("tier", "points_pending") if key in one}
        if "points" in one:
            card["points_balance"] = one["points"]
        if "credits" in one:
            card["credits_balance"] = str(one["credits"])
        keys = {"tier", "points_pending", "points_balance", "credits_balance"}
        return Member(
            member_id=person,
            email=self.address(person),
            status=MemberStatus(one["status"]),
            card=card,
            cleared=frozenset(keys - set(card)),
        )

    def _erase(self) -> None:
        """Of somebody nothing is kept but that awards were made."""
        waiting = {"waiting", "applying"}
        blocked = {one.person for one in self.ledger.awards.values() if one.state in waiting}
        awarded = {one.person for one in self.ledger.awards.values() if one.state == "applied"}
        person = min(one for one in awarded - blocked if one is not None and one in self.people)
        with self.engine.begin() as connection:
            found = find_person(connection, self.store.name, Who(member_id=person))
            assert not found.waiting_awards
            erase_rows(connection, self.store.name, found, self.now)
        mine = {key for key, one in self.ledger.awards.items() if one.person == person}
        booked = {key for key in mine if self.ledger.awards[key].state == "applied"}
        assert booked <= {*found.award_ids} <= mine
        self.ledger.forget_whom(found.award_ids)
        del self.people[person]
        self._changed.discard(person)
        self._kept_out.add(person)
