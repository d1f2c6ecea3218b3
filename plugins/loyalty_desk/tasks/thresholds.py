"""Alerts when too many mismatches are open or the data is too old: one, and one all-clear.

What was told is kept for each place, and compared with how things stand. So a place that could not
be told hears what is so once it can be, and nothing of what came and went meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from loyalty_desk.classes import class_text
from loyalty_desk.clock import utc_now
from loyalty_desk.hooks.notifiers import Alert, Place, alert_places
from loyalty_desk.hooks.telling import NO_CONTEXT, Message, Round
from loyalty_desk.mismatches.history import load_progress
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.run_record import newest_success
from loyalty_desk.staging.stores import open_store
from loyalty_desk.staging.telling import THRESHOLDS, Claim, hand_down
from loyalty_desk.tasks.alerts import tell_owed
from loyalty_desk.tasks.budget_alerts import owe_budget_alert

log = logging.getLogger(__name__)

DATA_AGE = "data_age"


def alert_thresholds(store_name: str) -> dict[str, list[str]]:
    """Tell each place what is over its threshold since it was told last, and what is not any more;
    and of alerts about other things what it is owed, such as how far a budget is spent.

    Returns the names of both, of whatever place.

    Raises:
        PermanentError, NotToldError: some could not be told; all others were.
    """
    store, engine, now = open_store(store_name), staging_engine(), utc_now()
    with reading(engine) as connection:
        over = find_over(connection, store, now)
    places, telling = alert_places(store), Round(engine, store.name)
    hand_down(engine, store.name, THRESHOLDS, [place.key for place in places])
    crossed, cleared = set[str](), set[str]()
    for place in telling.in_order(places):
        news = _News(store.name, over, place)
        while telling.tell(place, THRESHOLDS, news.next):
            crossed |= news.crossed
            cleared |= news.cleared
    if over and not places:
        log.warning("store %s has no `alerts`, so nobody was told of thresholds", store.name)
    owe_budget_alert(engine, store, now)
    try:
        tell_owed(store, engine)
    finally:
        telling.end()
    return {"crossed": sorted(crossed), "cleared": sorted(cleared)}


@dataclass(slots=True)
class _News:
    """What one place is to be told: first what is over, then what is not any more."""

    store: str
    over: Mapping[str, str]
    place: Place
    crossed: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)

    def next(self, claim: Claim) -> Message | None:
        told: list[str] = [] if claim.content is None else claim.content["told"]
        if new := [name for name in self.over if name not in told]:
            self.crossed = set(new)
            return self._message(
                "over a threshold", [self.over[name] for name in new], [*told, *new]
            )
        if gone := [name for name in told if name not in self.over]:
            self.cleared = set(gone)
            lines = [f"{_title(name)}: not over its threshold any more." for name in gone]
            return self._message("all clear", lines, list(self.over))
        return None

    def _message(self, subject: str, lines: list[str], told: list[str]) -> Message:
        alert = Alert(subject=f"Loyalty of {self.store}: {subject}", text="\n".join(lines))
        return Message(lambda: self.place.deliver(alert, NO_CONTEXT), {"told": told})


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
