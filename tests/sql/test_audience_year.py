"""Over simulated months no agent sees a card older than allowed, by an oracle of its own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from benchmarks.audience_shop import FIRST_POINTS, Clock, Shop
from tests.factories import NOW, store_settings

PEOPLE, DAYS, RECENT_DAYS = 24, 60, 10
RECENT = {"push": {"audience": "recent", "recent_days": RECENT_DAYS, "workers": 1}}


class Oracle:
    """Knows what everybody has, and when the product could know; shares no code with it."""

    def __init__(self) -> None:
        self.has = dict.fromkeys(range(1, PEOPLE + 1), FIRST_POINTS)
        self.told = dict(self.has)
        """What a sync, a webhook or a lookup was last told."""
        self.last_ticket: dict[int, int] = {}
        self.open: set[int] = set()

    def is_recent(self, number: int, day: int) -> bool:
        if number in self.open:
            return True
        return number in self.last_ticket and day - self.last_ticket[number] < RECENT_DAYS


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(NOW)
    with clock.everywhere():
        yield clock


def shop_of(staging: Engine, clock: Clock, **settings: Any) -> Shop:
    return Shop(staging, store_settings(**settings), PEOPLE, clock)


def live(shop: Shop, oracle: Oracle, day: int, chance: random.Random) -> None:
    """A day of which everything is looked at: each page after each event."""
    for number in chance.sample(sorted(oracle.has), 4):
        oracle.has[number] += chance.randint(1, 50)
        shop.set_points(number, oracle.has[number])
        if chance.random() < 0.3:
            oracle.told[number] = oracle.has[number]
            shop.webhook(number)
            look_at_every_page(shop, oracle)
    for number in chance.sample(sorted(oracle.has), 2):
        if number not in oracle.open and chance.random() < 0.4:
            oracle.open.add(number)
            oracle.last_ticket[number] = day
            oracle.told[number] = oracle.has[number]
            shop.write_in(number)
            assert shop.shown(number) == oracle.has[number], "right when the ticket is looked at"
    for number in sorted(oracle.open):
        if chance.random() < 0.3:
            oracle.open.remove(number)
            oracle.last_ticket[number] = day
            shop.close(number)
    shop.sync()
    oracle.told = dict(oracle.has)
    look_at_every_page(shop, oracle)


def look_at_every_page(shop: Shop, oracle: Oracle) -> None:
    """Nothing that stands is older than what the product was told last."""
    for number, told in oracle.told.items():
        assert shop.shown(number) in (None, told), f"customer {number}"


def test_nobody_ever_sees_a_card_older_than_allowed_and_recent_customers_always_have_one(
    staging: Engine, clock: Clock
) -> None:
    shop, oracle, chance = shop_of(staging, clock, **RECENT), Oracle(), random.Random(5)
    seen = Counter[str]()
    for day in range(DAYS):
        live(shop, oracle, day, chance)
        for number in oracle.has:
            if oracle.is_recent(number, day):
                assert shop.shown(number) == oracle.has[number], f"day {day}, customer {number}"
                seen["recent"] += 1
            seen["none" if shop.shown(number) is None else "card"] += 1
        clock.now += timedelta(days=1)

    assert min(seen.values()) > PEOPLE, "there were some of each"
    withdrawn = sum(one.planned_withdraw for one in shop.counts)
    saved = sum(one.writes_saved or 0 for one in shop.counts)
    assert withdrawn > 10
    assert saved > 100


def test_with_everybody_all_have_a_card_and_nothing_is_taken_away(
    staging: Engine, clock: Clock
) -> None:
    shop, oracle, chance = shop_of(staging, clock), Oracle(), random.Random(5)
    for day in range(10):
        live(shop, oracle, day, chance)
        assert {number: shop.shown(number) for number in oracle.has} == oracle.has
        clock.now += timedelta(days=1)

    assert not any(one.planned_withdraw for one in shop.counts)


def test_the_setting_may_be_switched_either_way(staging: Engine, clock: Clock) -> None:
    shop, oracle, chance = shop_of(staging, clock), Oracle(), random.Random(7)
    live(shop, oracle, 0, chance)
    before = shop.helpdesk.writes

    switch(shop, **RECENT)
    clock.now += timedelta(days=8)
    assert shop.sync().planned == 0, "cards that are right stay"
    assert shop.helpdesk.writes == before
    for day in range(8, 26):
        live(shop, oracle, day, chance)
        clock.now += timedelta(days=1)
    without = PEOPLE - len(shop.standing)
    assert without > 2

    switch(shop, brake={"max_changes": 3, "min_cards": 1})
    planned = shop.sync().planned
    assert planned <= 3, "the brake has not all of them to let through"
    assert {number: shop.shown(number) for number in oracle.has} == oracle.has
    clock.now += timedelta(days=8)
    assert shop.sync().planned == 0, "nor has a full plan anything left to do"


def switch(shop: Shop, **settings: Any) -> None:
    shop.store = store_settings(**settings)
