"""An incremental read begins a little before the last one did, and misses nothing in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.gorgias.client import CustomerPage
from loyalty_desk.platforms.base import MemberPage
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.watermarks import find_watermark
from loyalty_desk.sync import extract, members, reads
from tests.factories import STORE, store_settings
from tests.sql.reads import Gorgias, Programme, ago, keep, since, staged

LASTS = timedelta(hours=1)
"""How long a read takes that others write during."""


def a_run(staging: Engine, overlap_minutes: int) -> Run:
    store = store_settings(extract={"overlap_minutes": overlap_minutes})
    run = Run(store=store, run_id="r", params=RunParams(), engine=staging)
    with staging.begin() as connection:
        start_run(connection, STORE, "r", {}, utc_now())
    return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time of an extract, to be set."""
    now = [utc_now()]
    for module in (extract, members, reads):
        monkeypatch.setattr(module, "utc_now", lambda: now[0])
    return now


# --- how far back ------------------------------------------------------------------------------


@pytest.mark.parametrize(("overlap", "is_read"), [(5, True), (2, False), (0, False)])
@pytest.mark.parametrize("source", ["customers", "tickets"])
def test_gorgias_is_read_back_behind_the_watermark(
    staging: Engine, source: str, overlap: int, *, is_read: bool
) -> None:
    """Of a row that Gorgias dates a little before it shows it, on the next page."""
    run, gorgias = a_run(staging, overlap), Gorgias()
    rows = gorgias.customers if source == "customers" else gorgias.tickets
    rows |= {number: ago(minutes=1) for number in range(1, 100)}
    rows |= {100: ago(minutes=33), 101: ago(minutes=34), 102: ago(minutes=40)}
    keep(run, source, ago(minutes=30))
    if source == "customers":
        extract.extract_customers(run, gorgias)  # type: ignore[arg-type] # as far as it is asked
        found = staged(run, schema.customers, schema.customers.c.customer_id)
    else:
        extract.extract_tickets(run, gorgias)  # type: ignore[arg-type]
        found = staged(run, schema.tickets, schema.tickets.c.ticket_id)

    assert (101 in found) is is_read


@pytest.mark.parametrize("overlap", [0, 5, 90])
def test_a_platform_is_asked_for_what_changed_since_a_little_before_the_watermark(
    staging: Engine, overlap: int
) -> None:
    run, programme = a_run(staging, overlap), Programme()
    keep(run, "members", at := ago(hours=3))

    members.extract_members(run, programme, None)  # type: ignore[arg-type]

    assert programme.asked == [parse_utc(at) - timedelta(minutes=overlap)]


# --- what changes during a read ----------------------------------------------------------------


class Busy(Gorgias):
    """While all are read for the first time an hour passes, in which many are changed."""

    def __init__(self, clock: list[datetime]) -> None:
        super().__init__()
        self.clock, began = clock, clock[0]
        self.customers = {number: utc_text(began - LASTS) for number in range(1, 401)}
        self.changes = {
            1: began + 0.5 * LASTS,
            **dict.fromkeys(range(101, 201), began + 0.7 * LASTS),
            **dict.fromkeys(range(201, 301), began + 0.95 * LASTS),
        }

    def iter_customer_pages(self, order: str) -> Iterator[CustomerPage]:
        for number, page in enumerate(super().iter_customer_pages(order)):
            yield page
            if order == "created_datetime:asc" and number == 0:
                self.clock[0] += LASTS
                self.customers |= {one: utc_text(at) for one, at in self.changes.items()}


def test_who_is_changed_after_a_scan_has_passed_is_read_by_the_next_run(
    staging: Engine, clock: list[datetime]
) -> None:
    run, began = a_run(staging, 5), clock[0]
    gorgias: Any = Busy(clock)

    extract.extract_customers(run, gorgias)
    assert since(run, "customers") < utc_text(began)

    clock[0] += timedelta(minutes=1)
    extract.extract_customers(run, gorgias)

    with staging.connect() as connection:
        rows = connection.execute(schema.customers.select()).all()
    assert {row.customer_id: row.updated_at_utc for row in rows} == gorgias.customers


class Slow(Programme):
    """A list that takes an hour to be read."""

    def __init__(self, clock: list[datetime]) -> None:
        super().__init__()
        self.clock = clock

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        for page in super().iter_member_pages(changed_since):
            self.clock[0] += LASTS
            yield page


def test_members_are_known_as_of_when_their_list_was_asked_for(
    staging: Engine, clock: list[datetime]
) -> None:
    run, began = a_run(staging, 5), clock[0]
    programme: Any = Slow(clock)

    members.extract_members(run, programme, None)  # type: ignore[arg-type]
    with staging.begin() as connection:
        kept = find_watermark(connection, STORE, "members")
    assert kept.full_scan_at_utc == utc_text(began)
    assert parse_utc(str(kept.since)) <= began

    second = clock[0]
    members.extract_members(run, programme, None)  # type: ignore[arg-type]

    assert programme.asked[1] <= began, "what changed during the first read"
    assert parse_utc(since(run, "members")) <= second
