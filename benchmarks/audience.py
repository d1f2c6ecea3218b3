"""How many writes `push.audience: recent` saves, and what a change costs in requests.

A year of a shop in simulated time, with the product's own functions and statements on a staging
database of SQLite: one member in 1,000 of a shop with a million, of whom 2 % change a day and 2 %
write a month. Every ticket is open for two days, and is looked up when it is created. Writes are
counted where the client is called, from the second day on, as the first one writes to everybody.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.asking import NotMeasuredError
from benchmarks.audience_shop import Clock, Shop
from benchmarks.budget import staging_database
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine

BEGIN = datetime(2026, 1, 1, 5, 0, tzinfo=UTC)
DAYS = 365
MEMBERS, ONE_IN = 1_000_000, 1_000
CHANGED_A_DAY, WRITING_A_MONTH = 0.02, 0.02
OPEN_DAYS = 2
MOST_SHARE = 0.25
"""Of the writes with everybody, so many at most with those who wrote in the last 90 days."""
BEFORE_A_CHANGE, BEFORE_A_LOOKUP = 1.0, 1.0
"""Requests to Gorgias for a changed card, by a sync and by a lookup, before there was one place."""
CHANGES = 50


def figures(only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield the figures; `only` names figures, empty is all."""
    names = {"budget", "budget_audience", "budget_requests"}
    if only and not names & set(only):
        return
    if not only or {"budget", "budget_requests"} & set(only):
        yield from _requests()
    if not only or {"budget", "budget_audience"} & set(only):
        everybody, recent = _year("everybody"), _year("recent")
        yield _figure("budget_writes_a_day_everybody", everybody, "writes a day")
        yield _figure("budget_writes_a_day_recent", recent, "writes a day")
        yield _figure("budget_audience_share", recent / everybody, "of everybody", MOST_SHARE)


def _figure(name: str, value: float, unit: str, most: float | None = None) -> dict[str, Any]:
    return {
        "figure": name,
        "value": round(value, 3),
        "unit": unit,
        "goal": "" if most is None else f"<= {most:g}",
        "ok": most is None or value <= most,
    }


def _year(audience: str) -> float:
    """How many cards a day are written, as of a million members."""
    chance, clock = random.Random(1), Clock(BEGIN)
    people = MEMBERS // ONE_IN
    with _shop(people, clock, audience) as shop:
        closes: dict[int, list[int]] = {}
        first_day = 0
        for day in range(DAYS):
            for number in _some(chance, people, CHANGED_A_DAY):
                shop.set_points(number, shop.points[number] + chance.randint(1, 500))
            for number in _some(chance, people, WRITING_A_MONTH / 30):
                if not shop.has_open_ticket(number):
                    shop.write_in(number)
                    closes.setdefault(day + OPEN_DAYS, []).append(number)
            for number in closes.pop(day, []):
                shop.close(number)
            shop.sync()
            first_day = first_day or shop.helpdesk.writes
            clock.now += timedelta(days=1)
        _see_that_cards_are_right(
            shop,
            [one for one in shop.points if audience == "everybody" or shop.has_open_ticket(one)],
        )
        return float((shop.helpdesk.writes - first_day) / (DAYS - 1) * ONE_IN)


def _see_that_cards_are_right(shop: Shop, people: Collection[int]) -> None:
    """Raise NotMeasuredError where one of these customers does not see what is so."""
    wrong = [number for number in people if shop.shown(number) != shop.points[number]]
    if wrong or not people:
        raise NotMeasuredError(f"{len(wrong)} of {len(people)} cards are wrong")


def _some(chance: random.Random, people: int, share: float) -> list[int]:
    """A share of the people, which on average is met exactly."""
    count = int(people * share + chance.random())
    return chance.sample(range(1, people + 1), count)


def _requests() -> Iterator[dict[str, Any]]:
    """Requests to Gorgias for a changed card, with the default settings."""
    clock = Clock(BEGIN)
    with _shop(2 * CHANGES, clock, "everybody") as shop:
        shop.sync()
        before = shop.helpdesk.requests
        for number in range(1, CHANGES + 1):
            shop.set_points(number, 7_000 + number)
        clock.now += timedelta(minutes=30)
        shop.sync()
        pages = 1  # of tickets, whatever changed
        _see_that_cards_are_right(shop, range(1, CHANGES + 1))
        by_sync = (shop.helpdesk.requests - before - pages) / CHANGES
        before = shop.helpdesk.requests
        for number in range(1, CHANGES + 1):
            shop.set_points(number, 8_000 + number)
            shop.write_in(number)
        _see_that_cards_are_right(shop, range(1, CHANGES + 1))
        by_lookup = (shop.helpdesk.requests - before) / CHANGES
    unit = "requests"
    yield _figure("budget_requests_a_change_by_sync", by_sync, unit, BEFORE_A_CHANGE)
    yield _figure("budget_requests_a_change_by_lookup", by_lookup, unit, BEFORE_A_LOOKUP)


@contextmanager
def _shop(people: int, clock: Clock, audience: str) -> Iterator[Shop]:
    """A shop with its database and clock, as long as the block."""
    store = StoreSettings.model_validate(
        {"name": "acme", "platform": "rivo", "push": {"audience": audience, "workers": 1}}
    )
    with staging_database("sqlite") as url:
        engine = open_engine(url)
        with clock.everywhere():
            yield Shop(engine, store, people, clock)
        engine.dispose()
