"""The model of docs/sizing.md: what must hold of it at any cost, and that the page is new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.simulate import (
    API_KEY,
    COSTS,
    ENTERPRISE,
    OAUTH,
    Fleet,
    Shop,
    simulate,
    size,
    table,
)
from tests.project import PROJECT_ROOT

SHOP = Shop(20_000, 0.05)
FREE = replace(COSTS, task_s=0.0, task_gap_s=0.0, member_us=0.0)


def test_the_page_has_the_table_that_the_model_prints() -> None:
    page = (PROJECT_ROOT / "docs/sizing.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in page


def test_without_any_cost_a_change_waits_half_a_schedule() -> None:
    shop = replace(SHOP, account=ENTERPRISE, changed_a_day=0.001)
    ages = simulate(shop, FREE).ages_s
    assert np.percentile(ages, 50) == pytest.approx(SHOP.interval_s / 2, rel=0.1)
    assert ages.max() <= SHOP.interval_s * 1.01


def test_no_card_is_written_before_it_changed() -> None:
    for account in (API_KEY, OAUTH, ENTERPRISE):
        assert simulate(replace(SHOP, account=account)).ages_s.min() > 0


def test_writes_never_go_over_the_budget() -> None:
    busy = replace(SHOP, changed_a_day=12.0)
    played = simulate(busy)
    allowed = API_KEY.per_s * busy.share * 86_400
    assert 0.8 * allowed < played.writes_a_day <= played.requests_a_day <= 1.02 * allowed


def test_a_card_that_changes_often_is_written_once_a_sync() -> None:
    assert simulate(Shop(10, 1_000.0)).writes_a_day <= 10 * 86_400 / SHOP.interval_s * 1.05


def test_a_larger_budget_makes_cards_no_older() -> None:
    busy = replace(SHOP, changed_a_day=1.0)
    found = [
        np.percentile(simulate(replace(busy, account=account)).ages_s, 95)
        for account in (API_KEY, OAUTH, ENTERPRISE)
    ]
    assert found == sorted(found, reverse=True)


def test_it_says_when_the_budget_does_not_suffice() -> None:
    assert size(Fleet(1, SHOP)).keeps_up
    assert not size(Fleet(1, replace(SHOP, changed_a_day=12.0))).keeps_up


def test_more_shops_take_more_workers_and_as_many_requests_each() -> None:
    few, many = size(Fleet(10, SHOP)), size(Fleet(1_000, SHOP))
    assert many.workers > few.workers
    assert many.writes_per_s == pytest.approx(100 * few.writes_per_s, rel=0.05)
    assert many.requests_a_day == pytest.approx(few.requests_a_day, rel=0.1)
