"""A platform that lists the ledger of its whole shop, as a script: what is booked is in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine

from loyalty_desk.awards.ledger import AWARD_MARKER
from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.movement import LedgerCounts, read_ledger
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.platforms.base import Capabilities, Platform, ShopEntry, ShopPage
from loyalty_desk.records import LedgerKind
from tests.factories import STORE


class KilledError(Exception):
    """The worker died here."""


@dataclass
class ListedLedger:
    """By rising ids, or, unless it `goes_on`, the newest first since a time.

    `dies_before` is the page before which the worker dies; None: it lives.
    """

    kinds: frozenset[LedgerKind] = frozenset(LedgerKind)
    goes_on: bool = True
    page_size: int = 2
    dies_before: int | None = None
    bookings: list[ShopEntry] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    title: str = "Listed"
    shown: list[ShopEntry] = field(default_factory=list)
    """What the last read came to see."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(card_keys=frozenset(), ledger_kinds=self.kinds)

    def until(self, deadline: Deadline) -> AbstractContextManager[None]:
        del deadline
        return nullcontext()

    def book(self, kind: str, points: int, at: datetime, member_id: str | None = "m1") -> str:
        """Book something; returns its id."""
        entry_id = str(len(self.bookings) + 1)
        self.bookings.append(
            ShopEntry(
                entry_id=entry_id,
                kind=LedgerKind(kind),
                points=points,
                member_id=member_id,
                created_at_utc=utc_text(at),
            )
        )
        return entry_id

    def find_ledger_end(self, now: datetime) -> str:
        return str(len(self.bookings)) if self.goes_on else utc_text(now)

    def iter_shop_ledger(self, cursor: str, settled_before: datetime) -> Iterator[ShopPage]:
        self.shown.clear()
        found = self.bookings[int(cursor) :] if self.goes_on else self._since(cursor)
        settled = cursor
        for number, start in enumerate(range(0, len(found), self.page_size)):
            if number == self.dies_before:
                raise KilledError
            page = found[start : start + self.page_size]
            self.shown += page
            if self.goes_on:
                settled = self._after_settled(settled, page, settled_before)
            yield ShopPage(
                entries=page, unread=self.unread, cursor=settled if self.goes_on else None
            )
        if not self.goes_on:
            yield ShopPage(entries=[], unread=[], cursor=max(cursor, utc_text(settled_before)))

    def _since(self, cursor: str) -> list[ShopEntry]:
        return [one for one in reversed(self.bookings) if (one.created_at_utc or "") >= cursor]

    def _after_settled(self, cursor: str, page: list[ShopEntry], before: datetime) -> str:
        for one in page:
            if int(one.entry_id) == int(cursor) + 1 and (one.created_at_utc or "") < utc_text(
                before
            ):
                cursor = one.entry_id
        return cursor

    def read(self, engine: Engine, now: datetime, store: str = STORE, **how: Any) -> LedgerCounts:
        """Have a sync read it."""
        marker: re.Pattern[str] = AWARD_MARKER
        platform = cast("Platform", self)
        options = {"tells_ours": True, **how}
        return read_ledger(engine, store, platform, marker, now, **options)


HOUR = timedelta(hours=1)
