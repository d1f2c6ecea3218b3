"""The numbers of each store and each Gorgias account, as they are now, from staging alone.

All are gauges that are measured anew each time, as what a task counts is lost with its process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches.history import load_progress
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.run_record import RunRecord, load_run_record, newest_success
from loyalty_desk.staging.statements import statement

LATELY: Final = timedelta(days=1)

GAUGES: Final[Mapping[str, tuple[str, str]]] = {
    "data_age_s": ("store", "Seconds since the newest sync that ended well began."),
    "run_planned": ("store", "Cards that the newest ended sync planned to write."),
    "run_pushed": ("store", "Of those, cards that Gorgias took."),
    "run_failed": ("store", "Of those, cards that Gorgias refused; tried again with the next."),
    "run_left": ("store", "Of those, cards that the time box left for the next."),
    "run_requests": ("store", "Requests that it made to Gorgias."),
    "run_seconds": ("store", "Seconds that it took."),
    "run_ok": ("store", "1 when it ended well, 0 when not."),
    "cards_waiting": ("store", "Cards that are planned or asked for and not in Gorgias yet."),
    "awards": ("store, state", "Awards that wait or are unknown, and those that ended in a day."),
    "mismatches": ("store, side, class", "Open mismatches; what somebody ignores is left out."),
    "budget_used": ("account", "How full the account's bucket is, from 0 to 1."),
    "budget_own": ("account", "Part of the bucket that is our own use, from 0 to 1."),
    "budget_blocked_s": ("account", "Seconds that Gorgias still refuses everybody."),
}
"""Each with its tags and what it is; in the metrics its name begins with `loyalty_desk.`."""


def gauges_markdown() -> str:
    """The table of docs/watching.md."""
    lines = ["| metric | tags | what it is |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {tags} | {text} |" for name, (tags, text) in GAUGES.items()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number; `name` is a key of GAUGES."""

    name: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)


def measure_store(connection: Connection, store: StoreSettings, now: datetime) -> Iterator[Gauge]:
    """Every gauge of one store. What is not known yet, as no sync has ended, is left out."""
    tags = {"store": store.name}
    newest = newest_success(connection, store.name)
    if newest is not None:
        yield Gauge("data_age_s", (now - newest).total_seconds(), tags)
    record = _newest_ended(connection, store.name)
    if record is not None:
        yield from _of_run(record, tags)
    waiting = connection.execute(
        statement("watching/count_waiting_cards"), {"store": store.name}
    ).one()
    yield Gauge("cards_waiting", waiting.planned + waiting.asked_for, tags)
    binds = {"store": store.name, "since_utc": utc_text(now - LATELY)}
    awards = dict.fromkeys(AwardState, 0)
    for row in connection.execute(statement("watching/count_awards"), binds):
        awards[AwardState(row.state)] = row.awards
    for state, count in awards.items():  # a state that empties must be told as 0
        yield Gauge("awards", count, {**tags, "state": state})
    for one in load_progress(connection, store.name, now, now):
        yield Gauge("mismatches", one.open, {**tags, "side": one.side, "class": one.outcome})


@dataclass(frozen=True, slots=True)
class Leak:
    """How fast an account's bucket empties: wholly in `window_s`, our own use at our `share`."""

    window_s: float
    share: float


def measure_budgets(
    connection: Connection, accounts: Mapping[str, Leak], now_s: float
) -> Iterator[Gauge]:
    """How full the bucket of each of these accounts is."""
    for row in connection.execute(statement("watching/select_budgets")):
        leak = accounts.get(row.account)
        if leak is None:
            continue  # no store of now; TRIFFT's shared rate is kept here as well
        leaked = max(0.0, now_s - row.leaked_at_s) * row.capacity / leak.window_s
        tags = {"account": row.account}
        own = max(0.0, row.own_level - leak.share * leaked)
        yield Gauge("budget_used", max(0.0, row.level - leaked) / row.capacity, tags)
        yield Gauge("budget_own", own / row.capacity, tags)
        yield Gauge("budget_blocked_s", max(0.0, row.blocked_until_s - now_s), tags)


def _newest_ended(connection: Connection, store: str) -> RunRecord | None:
    binds = {"store": store, "how_many": 5}
    for row in connection.execute(statement("desk/runs/select_newest_runs"), binds).all():
        if row.ended_at_utc is not None:
            return load_run_record(connection, store, row.run_id)
    return None


def _of_run(record: RunRecord, tags: Mapping[str, str]) -> Iterator[Gauge]:
    yield Gauge("run_planned", record.planned, tags)
    yield Gauge("run_pushed", record.pushed, tags)
    yield Gauge("run_failed", record.failed, tags)
    yield Gauge("run_left", record.left, tags)
    yield Gauge("run_requests", record.gorgias_requests, tags)
    yield Gauge("run_ok", float(record.state == "succeeded"), tags)
    if record.ended_at_utc is not None:
        yield Gauge(
            "run_seconds", (record.ended_at_utc - record.started_at_utc).total_seconds(), tags
        )
