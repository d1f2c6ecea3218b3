"""Whose tickets come first: the first rule that fits a card, and nobody by what is not known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loyalty_desk.routing.rules import find_rule
from loyalty_desk.settings.routing_settings import RoutingRule

TODAY = date(2026, 3, 2)
GOLD = {"tiers": ("Gold", "Platinum")}
RICH = {"points_at_least": 1000}
EXPIRING = {"points_expire_within_days": 7}


def fits(rule: dict[str, Any], **card: Any) -> bool:
    return find_rule([RoutingRule(**rule)], card, TODAY) is not None


@pytest.mark.parametrize(
    ("rule", "card", "wanted"),
    [
        (GOLD, {"tier": "Gold"}, True),
        (GOLD, {"tier": " platinum "}, True),
        (GOLD, {"tier": "Silver"}, False),
        (GOLD, {"tier": None}, False),
        (GOLD, {}, False),
        (RICH, {"points_balance": 1000}, True),
        (RICH, {"points_balance": 999}, False),
        (RICH, {}, False),
        ({"points_at_least": 0}, {}, False),
        ({"points_at_least": 0}, {"points_balance": 0}, True),
        (EXPIRING, {"points_expire_on": "2026-03-02"}, True),
        (EXPIRING, {"points_expire_on": "2026-03-09"}, True),
        (EXPIRING, {"points_expire_on": "2026-03-10"}, False),
        (EXPIRING, {"points_expire_on": "2026-03-01"}, False),
        (EXPIRING, {"points_expire_on": "soon"}, False),
        (EXPIRING, {}, False),
        (GOLD | RICH, {"tier": "Gold", "points_balance": 5000}, True),
        (GOLD | RICH, {"tier": "Gold", "points_balance": 5}, False),
        (GOLD | RICH | EXPIRING, {"tier": "Gold", "points_balance": 5000}, False),
    ],
)
def test_all_that_a_rule_names_must_be_known_and_so(
    rule: dict[str, Any], card: dict[str, Any], *, wanted: bool
) -> None:
    assert fits(rule, **card) is wanted


def test_the_first_rule_that_fits_counts() -> None:
    rules = [RoutingRule(**RICH, priority="critical"), RoutingRule(**GOLD, priority="high")]

    both = find_rule(rules, {"tier": "Gold", "points_balance": 2000}, TODAY)
    gold = find_rule(rules, {"tier": "Gold", "points_balance": 10}, TODAY)

    assert both is not None
    assert gold is not None
    assert (both.priority, gold.priority) == ("critical", "high")
    assert find_rule([], {"tier": "Gold"}, TODAY) is None
