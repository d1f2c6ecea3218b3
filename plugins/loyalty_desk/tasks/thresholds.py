"""Alerts when too many mismatches are open or the data is too old: one, and one all-clear.

What was told is kept after it was told. So one that could not be delivered is told the next time,
and one that was is not told again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine

from loyalty_desk.classes import class_text
from loyalty_desk.clock import utc_now
from loyalty_desk.hooks.notifiers import Alert, send_alert
from loyalty_desk.mismatches.history import load_progress
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.run_record import newest_success
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.staging.stores import open_store

DATA_AGE = "data_age"


def alert_thresholds(store_name: str) -> dict[str, list[str]]:
    """Tell of what is over its threshold since now, and of what is not any more.

    Returns the names of both; raises whatever a notifier raises that cannot deliver.
    """
    store, engine, now = open_store(store_name), staging_engine(), utc_now()
    with reading(engine) as connection:
        over = find_over(connection, store, now)
        kept = find_state(connection, store.name, StateKey.THRESHOLDS)
    told: list[str] = json.loads(kept)["told"] if kept else []
    crossed = [name for name in over if name not in told]
    cleared = [name for name in told if name not in over]
    if crossed:
        lines = "\n".join(over[name] for name in crossed)
        send_alert(store, Alert(subject=f"Loyalty of {store.name}: over a threshold", text=lines))
        _keep(engine, store, [*told, *crossed], now)
    if cleared:
        lines = "\n".join(f"{_title(name)}: not over its threshold any more." for name in cleared)
        send_alert(store, Alert(subject=f"Loyalty of {store.name}: all clear", text=lines))
        _keep(engine, store, list(over), now)
    return {"crossed": crossed, "cleared": cleared}


def find_over(connection: Connection, store: StoreSettings, now: datetime) -> Mapping[str, str]:
    """What is over its threshold now: a sentence each, by name."""
    counts: dict[str, int] = {}
    for row in load_progress(connection, store.name, now, now):
        counts[row.outcome] = counts.get(row.outcome, 0) + row.open
    over: dict[str, str] = {
        name: f"{_title(name)}: {counts.get(name, 0):,} are open, the threshold is {most:,}."
        for name, most in store.reports.alert_above.items()
        if counts.get(name, 0) > most
    }
    hours = store.reports.alert_data_older_than_hours
    newest = newest_success(connection, store.name)
    if hours is not None and newest is not None:
        age_hours = (now - newest).total_seconds() / 3600
        if age_hours > hours:
            over[DATA_AGE] = (
                f"{_title(DATA_AGE)}: {age_hours:.1f} hours, the threshold is {hours:g}."
            )
    return over


def _title(name: str) -> str:
    if name == DATA_AGE:
        return "Age of the data"
    return class_text("customer", name).title


def _keep(engine: Engine, store: StoreSettings, told: list[str], now: datetime) -> None:
    with engine.begin() as connection:
        content = json.dumps({"told": told})
        keep_state(connection, store.name, StateKey.THRESHOLDS, content, now)
