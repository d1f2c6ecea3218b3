"""Who was merged in Gorgias leaves; the survivor is served in the next run. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import BadConnectionError, NotFoundError
from loyalty_desk.gorgias.reading import CustomerMerge, read_customer_merge
from loyalty_desk.records import Customer
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import full_scans, schema
from loyalty_desk.staging.intake import mark_gone, stage_customers
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.sync.channels import look_up_channels
from tests.factories import NOW, STORE, customer, store_settings
from tests.sql.staged import Staged, customer_classes, match, pairs

WORK, HOME = "work@shop.example", "home@shop.example"


class Gorgias:
    """Retrieves whoever is left, and tells who went."""

    def __init__(self, *people: Customer, may_read_events: bool = True) -> None:
        self.people = {one.customer_id: one for one in people}
        self.merges: list[CustomerMerge] = []
        self.tells_sources = True
        self.may_read_events = may_read_events
        self.asked: list[int] = []
        self.since: list[str] = []

    def merge(self, source_id: int, target_id: int) -> None:
        source, target = self.people.pop(source_id), self.people[target_id]
        addresses = (*(target.channels or ()), source.email or "", *(source.channels or ()))
        self.people[target_id] = customer(
            target_id, email=target.email, channels=addresses, updated_at_utc=target.updated_at_utc
        )
        at = utc_text(utc_now())
        told = source_id if self.tells_sources else None
        self.merges.append(CustomerMerge(at_utc=at, source_id=told, survivor_id=target_id))

    def iter_customer_merges(self, since_utc: str) -> Iterator[CustomerMerge]:
        if not self.may_read_events:
            raise BadConnectionError("Gorgias answered 403 to GET /api/events")
        self.since.append(since_utc)
        return (one for one in self.merges if one.at_utc >= since_utc)

    def get_customer(self, customer_id: int) -> Customer:
        self.asked.append(customer_id)
        if customer_id not in self.people:
            raise NotFoundError("Gorgias", "GET", "/api/customers/?", 404)
        return self.people[customer_id]


def a_run(staging: Engine, **extract: Any) -> Run:
    settings = store_settings(extract=extract)
    run = Run(store=settings, run_id="r", params=RunParams(), engine=staging)
    with staging.begin() as connection:
        start_run(connection, STORE, "r", {}, utc_now())
    return run


@pytest.fixture
def gorgias(staging: Engine) -> Gorgias:
    """Customer 1 writes from work, where member a is, and 2 from home; both were listed."""
    people = [customer(1, email=WORK, channels=()), customer(2, email=HOME, channels=())]
    listed = [customer(one.customer_id, email=one.email, channels=None) for one in people]
    with staging.begin() as connection:
        stage_customers(connection, STORE, listed, NOW, card_key="loyalty", first_load=False)
        staged = Staged(connection)
        staged.member("a", WORK)
        for customer_id in (1, 2):
            staged.pushed(customer_id, "a card")
        match(staged)
        assert pairs(staged) == [(1, "a", "email")]
    return Gorgias(*people)


def look_up(run: Run, gorgias: Gorgias) -> int:
    return look_up_channels(run, gorgias)  # type: ignore[arg-type] # as far as it is asked


def served(staging: Engine, *, full: bool = False) -> tuple[list[Any], dict[int, str]]:
    with staging.begin() as connection:
        staged = Staged(connection)
        match(staged, full=full)
        return pairs(staged), customer_classes(staged)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("tells_sources", [True, False])
def test_the_survivor_of_a_merge_is_served_in_the_next_run(
    staging: Engine, gorgias: Gorgias, *, full: bool, tells_sources: bool
) -> None:
    gorgias.tells_sources = tells_sources
    gorgias.merge(1, 2)

    assert look_up(a_run(staging), gorgias) == (1 if tells_sources else 2)

    assert served(staging, full=full) == ([(2, "a", "channel")], {1: "merged_or_deleted"})


def test_a_member_who_survives_by_the_primary_address_keeps_the_card(
    staging: Engine, gorgias: Gorgias
) -> None:
    gorgias.merge(2, 1)

    look_up(a_run(staging), gorgias)

    assert served(staging) == ([(1, "a", "email")], {2: "merged_or_deleted"})


def test_who_has_no_card_yet_is_left_to_the_write(staging: Engine, gorgias: Gorgias) -> None:
    with staging.begin() as connection:
        connection.execute(schema.pushed_cards.delete())
    gorgias.merge(1, 2)

    assert look_up(a_run(staging), gorgias) == 1

    assert served(staging) == ([(1, "a", "email")], {2: "ambiguous"})


def test_a_merge_is_followed_once_and_also_when_it_came_before_the_run_was_limited(
    staging: Engine, gorgias: Gorgias
) -> None:
    for number in (11, 12):
        gorgias.people[number] = customer(number, email=f"{number}@shop.example", channels=())
    gorgias.merge(11, 12)
    # A while ago, so that the runs can tell the two merges apart.
    gorgias.merges[0] = replace(gorgias.merges[0], at_utc=utc_text(utc_now() - timedelta(hours=1)))
    gorgias.merge(1, 2)
    run = a_run(staging, max_channel_lookups=1)

    assert look_up(run, gorgias) == 1
    assert gorgias.asked == [12]
    assert look_up(run, gorgias) == 1
    assert 2 in gorgias.asked
    assert served(staging)[0] == [(2, "a", "channel")]


def test_who_may_not_read_events_learns_of_a_merge_when_the_survivor_is_looked_up(
    staging: Engine, gorgias: Gorgias
) -> None:
    gorgias.may_read_events = False
    gorgias.merge(1, 2)
    with staging.begin() as connection:
        Staged(connection).ticket(5, 2)

    assert look_up(a_run(staging), gorgias) == 2

    assert gorgias.asked == [2, 1]
    assert served(staging) == ([(2, "a", "channel")], {1: "merged_or_deleted"})


@pytest.mark.parametrize("by_scan", [False, True])
def test_who_is_gone_leaves_the_further_addresses_to_others(
    staging: Engine, gorgias: Gorgias, *, by_scan: bool
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("b", "third@shop.example")
        for number in (7, 8):
            staged.customer(number, channels_read_at_utc=utc_text(NOW))
            staged.channel(number, "third@shop.example")
        match(staged)
        assert customer_classes(staged) == {2: "not_a_member", 7: "ambiguous", 8: "ambiguous"}
        if by_scan:
            full_scans.begin_scan(connection, STORE, "customers", "r")
            full_scans.note_seen(connection, STORE, "customers", [1, 2, 8])
            full_scans.finish_scan(connection, STORE, "customers", NOW)
        else:
            mark_gone(connection, STORE, [7], NOW)
        assert staged.rows(schema.customer_channels, "customer_id") == [8]
        read_at = dict(staged.rows(schema.customers, "customer_id", "channels_read_at_utc"))
        assert read_at[7] is None
    assert (8, "b", "channel") in served(staging)[0]


def test_an_event_says_who_survived_and_mostly_who_went() -> None:
    row = {"object_id": 70012, "created_datetime": "2026-03-04T10:20:30.123456+00:00"}
    merged = read_customer_merge({**row, "data": {"source_customer_id": 70013}})
    silent = read_customer_merge({**row, "data": None})

    assert (merged.source_id, merged.survivor_id) == (70013, 70012)
    assert (silent.source_id, silent.survivor_id) == (None, 70012)
    assert merged.at_utc == "2026-03-04T10:20:30.123456Z"
