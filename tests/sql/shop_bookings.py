"""What the platform of a generated shop books by itself, and how syncs come to read it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.awards.ledger import marker_of
from loyalty_desk.records import LedgerKind
from tests.oracle.liability import Person, is_here
from tests.oracle.shop_ledger import Entry, ShopLedger
from tests.sql.listed_ledger import KilledError, ListedLedger

SPECIAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "yen": {"kinds": frozenset({LedgerKind.ADDED, LedgerKind.TAKEN}), "goes_on": False},
    "bare": {"kinds": frozenset()},
}
"""Shops whose platform tells less: added or taken, as Smile does, and nothing."""


@dataclass
class ShopBookings:
    """The ledger of one shop. `told` is what an oracle makes of what was read of it."""

    engine: Engine
    store: str
    seed: int

    def __post_init__(self) -> None:
        self.dice = random.Random(f"bookings {self.seed} {self.store}")
        self.shop = ListedLedger(**SPECIAL.get(self.store, {}))
        self.told = ShopLedger(frozenset(map(str, self.shop.kinds)))

    def moments(self, day: date) -> Iterator[datetime]:
        """When something is booked on a day."""
        for _ in range(self.dice.choice((0, 1, 3)) if self.shop.kinds else 0):
            since = timedelta(microseconds=self.dice.randrange(86_400_000_000))
            yield datetime.combine(day, time(), UTC) + since

    def book(self, now: datetime, people: Mapping[str, Person], award_id: str = "") -> None:
        """Book something for a member, for somebody who is none here, or an award of ours."""
        if not self.shop.kinds:
            return
        dice = self.dice
        kind = "adjusted" if award_id else dice.choice(list(LedgerKind)).value
        if kind not in self.shop.kinds:
            kind = dice.choice(("added", "taken"))  # all that this platform tells
        who = dice.choice((None, "nobody", *people, *people))
        self.shop.book(kind, dice.randint(-400, 400), now, who)
        if award_id:
            marked = replace(self.shop.bookings[-1], marker_text=f"[{marker_of(award_id)}]")
            self.shop.bookings[-1] = marked

    def read(self, now: datetime, people: Mapping[str, Person]) -> None:
        """A sync reads it; now and then its worker dies between two pages."""
        if not self.shop.kinds:
            return
        self.shop.shown.clear()
        dies = self.told.begun is not None and self.dice.random() < 0.1
        self.shop.dies_before = self.dice.choice((0, 1, 2)) if dies else None
        to_its_end = True
        try:
            self.shop.read(self.engine, now, self.store)
        except KilledError:
            to_its_end = False
        shown = [
            Entry(one.entry_id, one.kind.value, one.points, one.member_id, bool(one.marker_text))
            for one in self.shop.shown
        ]
        here = {name: one for name, one in people.items() if is_here(one)}
        self.told.read(now, shown, here, to_its_end=to_its_end)
