"""Gorgias and a programme as far as an extract asks them, and what it kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.client import CustomerPage, TicketPage
from loyalty_desk.platforms.base import Capabilities, MemberPage
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.watermarks import Watermark, find_watermark, save_watermark
from tests.factories import STORE, customer, member, ticket


def ago(**period: float) -> str:
    return utc_text(utc_now() - timedelta(**period))


class Gorgias:
    """Lists whoever is in `customers` and `tickets`, a hundred a page, the newest first.

    In the order of creation customers are listed by id.
    """

    def __init__(self) -> None:
        self.customers: dict[int, str] = {}
        self.tickets: dict[int, str] = {}
        self.pages = 0

    def _iter(self, rows: dict[int, str], order: str = "") -> Iterator[list[tuple[int, str]]]:
        newest_first = sorted(rows.items(), key=lambda row: row[1], reverse=True)
        ordered = sorted(rows.items()) if order == "created_datetime:asc" else newest_first
        for start in range(0, len(ordered), 100):
            self.pages += 1
            yield [(number, rows[number]) for number, _ in ordered[start : start + 100]]

    def iter_customer_pages(self, order: str) -> Iterator[CustomerPage]:
        for rows in self._iter(self.customers, order):
            found = [customer(number, updated_at_utc=at) for number, at in rows]
            yield CustomerPage(customers=found, rejected=[])

    def iter_ticket_pages(self) -> Iterator[TicketPage]:
        for rows in self._iter(self.tickets):
            found = [ticket(number, updated_at_utc=at) for number, at in rows]
            yield TicketPage(tickets=found, rejected=[])


class Programme:
    """A platform that lists what changed, and notes since when it was asked."""

    capabilities = Capabilities(card_keys=frozenset(), lists_changes=True)
    guessed = "nothing"

    def __init__(self) -> None:
        self.asked: list[datetime | None] = []

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        self.asked.append(changed_since)
        yield MemberPage(members=[member()], rejected=[])


def since(run: Run, source: str) -> str:
    with run.engine.begin() as connection:
        found = find_watermark(connection, STORE, source).since
    assert found is not None
    return found


def keep(run: Run, source: str, at: str) -> None:
    with run.engine.begin() as connection:
        watermark = Watermark(since=at, full_scan_at_utc=ago(hours=1))
        save_watermark(connection, STORE, source, watermark)


def staged(run: Run, table: Any, column: Any) -> set[int]:
    with run.engine.connect() as connection:
        return set(connection.execute(select(column).select_from(table)).scalars())
