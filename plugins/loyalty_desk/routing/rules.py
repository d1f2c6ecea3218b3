"""Which rule a member's tickets fall under, by the card. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from loyalty_desk.settings.routing_settings import RoutingRule


def find_rule(
    rules: Iterable[RoutingRule], card: Mapping[str, Any], today: date
) -> RoutingRule | None:
    """The first rule that fits a member's card; what the card does not tell fits none."""
    return next((rule for rule in rules if _fits(rule, card, today)), None)


def _fits(rule: RoutingRule, card: Mapping[str, Any], today: date) -> bool:
    if rule.tiers:
        tier = str(card.get("tier", "")).strip().casefold()
        if tier not in {one.casefold() for one in rule.tiers}:
            return False
    if rule.points_at_least is not None:
        balance = card.get("points_balance")
        if not isinstance(balance, int) or balance < rule.points_at_least:
            return False
    within = rule.points_expire_within_days
    return within is None or _expire_within(within, card, today)


def _expire_within(days: int, card: Mapping[str, Any], today: date) -> bool:
    told = card.get("points_expire_on")
    try:
        left = (date.fromisoformat(str(told)[:10]) - today).days
    except ValueError:
        return False
    return 0 <= left <= days
