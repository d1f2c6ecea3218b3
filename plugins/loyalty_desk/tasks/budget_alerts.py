"""Alerts about a month's goodwill budget: one at 80 percent and one at 100, each once a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.goodwill.budget import Burndown, load_burndown
from loyalty_desk.goodwill.money import as_decimal
from loyalty_desk.hooks.notifiers import Alert
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.telling import AlertKind, owe_alert

MONTH: Final = "%B %Y"


def owe_budget_alert(engine: Engine, store: StoreSettings, now: datetime) -> None:
    """Have every place told how far the budget is spent, unless it was told this month."""
    with reading(engine) as connection:
        burndown = load_burndown(connection, store, now)
    if burndown is None or burndown.reached is None:
        return
    content = {"month": burndown.month.isoformat(), "percent": burndown.reached}
    alert_id = f"budget {burndown.month:%Y-%m} {burndown.reached}"
    with engine.begin() as connection:
        owe_alert(connection, store.name, AlertKind.BUDGET, content, alert_id=alert_id)


def load_budget_alert(
    connection: Connection, store: StoreSettings, content: Mapping[str, Any]
) -> Alert | None:
    """The message as things stand now; None when the month is over, or less or more is spent."""
    burndown = load_burndown(connection, store, utc_now())
    if burndown is None or burndown.month != date.fromisoformat(content["month"]):
        return None
    if burndown.reached != content["percent"]:
        return None
    return _alert(store, burndown)


def _alert(store: StoreSettings, burndown: Burndown) -> Alert:
    unit = f" {store.currency}" if store.currency else ""
    spent, budget = as_decimal(burndown.spent), as_decimal(burndown.budget)
    month = f"{burndown.month:{MONTH}}"
    return Alert(
        subject=f"Loyalty of {store.name}: {burndown.reached}% of the goodwill budget is spent",
        text=f"{month}: {spent:,}{unit} of {budget:,}{unit} are spent on points and credits by"
        f" hand, {burndown.percent:.0f}%.\n"
        "Nothing is held back by it. The desk's page Goodwill shows by whom and for what.",
    )
