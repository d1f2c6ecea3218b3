"""How long lookups take, and how many there may be, with a million members and customers staged.

The process of `loyalty-desk serve` is measured, and each answer is checked. Of ten lookups seven
are of somebody whom staging knows and one of nobody, in a store that never asks its platform; two
are of a store whose platform answers, and tells another balance than staging had. Each is for a
ticket of its own. First 50 a second for 20 seconds, then faster and faster until the slowest in a
hundred takes too long, then 50 a second again beside a full sync of the million, from its first
page to its plan. In the end each ticket of nobody has to be kept for the report.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, func, select

from benchmarks import people
from benchmarks.asking import NotMeasuredError
from benchmarks.budget import staging_database
from benchmarks.filled import fill
from benchmarks.looking_up import Asker, Taken, Wanted, p99_ms
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.records import Member, MemberStatus, Opens
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.lookup_schema import lookups_not_found
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.plan import plan_changes
from sandbox.running import Sandbox, running_sandbox
from scripts.served_api import running_api

MOST_MS, MOST_BESIDE_SYNC_MS = 20.0, 100.0
PER_S, SECONDS = 50, 20
STEP_SECONDS, STEP = 10, 1.25
LEAST_FRESH = 0.99
FRESH_MEMBERS, SPEED = 400, 50.0
NOBODY_EACH = 10
OLD_BALANCE = 1_000_000
NOTED_WITHIN_S = 60.0
STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})
FRESH = StoreSettings.model_validate({"name": "fresh", "platform": "rivo"})
SETTINGS = {
    STORE.name: {"platform": "rivo", "lookup": {"deadline_s": 0}},
    FRESH.name: {"platform": "rivo", "lookup": {"deadline_s": 4, "requests_per_s": 1000}},
}
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Place:
    """A filled staging database, who is in it, and how to ask for them."""

    url: str
    rows: int
    tokens: dict[str, str]
    on_platform: list[dict[str, Any]]

    def wanted(self, turn: int) -> Wanted:
        """Whom a turn looks up: always the same ones, spread over everybody."""
        kind = turn % NOBODY_EACH
        if kind in (3, 7):
            one = self.on_platform[turn % len(self.on_platform)]
            fresh = {"source": "fresh", "points_balance": one["points_tally"]}
            staged = {**fresh, "source": "staged"}
            late = (staged, {**staged, "points_balance": OLD_BALANCE})
            return Wanted(self.tokens[FRESH.name], one["email"], int(one["id"]), fresh, late)
        if kind == 0:
            answer = {"source": "staged", "status": "customer_not_found"}
            return Wanted(self.tokens[STORE.name], f"nobody{turn}@shop.example", turn + 1, answer)
        number = turn * 997 % self.rows
        while (member := people.member_of(number, self.rows)) is None:
            number = (number + 1) % self.rows
        customer = people.customer(number, self.rows)
        answer = {"source": "staged", "points_balance": member.card["points_balance"]}
        return Wanted(self.tokens[STORE.name], str(customer.email), customer.customer_id, answer)


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each database; `only` names figures or databases, empty is all."""
    named = [name for name in DATABASES if name in only]
    for database in named or DATABASES:
        with staging_database(database) as url, _platform() as sandbox:
            place = _fill(url, rows, sandbox)
            with _serving(place, sandbox) as asker:
                for name, value, unit, most in _measure(asker, place):
                    yield {
                        "figure": name,
                        "database": database,
                        "rows": rows,
                        "value": round(value, 1),
                        "unit": unit,
                        "goal": "" if most is None else f"<= {most:g}",
                        "ok": most is None or value <= most,
                    }


def _measure(asker: Asker, place: Place) -> Iterator[tuple[str, float, str, float | None]]:
    asker.warm_up(PER_S * 4)
    taken = asker.ask_at(PER_S, lambda turn: turn >= PER_S * SECONDS)
    yield "lookup_p99_ms", p99_ms(_of(taken, fresh=False)), "ms", MOST_MS
    yield "lookup_fresh_p99_ms", p99_ms(_of(taken, fresh=True)), "ms", None
    yield "lookups_per_s", _find_rate(asker), "lookups/s", None
    _check_noted(asker, place)
    with _full_sync(place) as is_over:
        taken = asker.ask_at(PER_S, is_over, may_be_late=True)
    yield "lookup_beside_sync_p99_ms", p99_ms(_of(taken, fresh=False)), "ms", MOST_BESIDE_SYNC_MS
    yield "lookup_beside_sync_fresh_p99_ms", p99_ms(_of(taken, fresh=True)), "ms", None
    yield "lookup_beside_sync_fresh_share", 100 * _fresh_share(taken), "%", None
    _check_noted(asker, place)


def _find_rate(asker: Asker) -> float:
    """The fastest rate, in steps of a quarter, at which 99 of 100 take no longer than allowed, and
    99 of 100 that may be fresh are.
    """
    held = 0.0
    for step in count():
        per_s = PER_S * STEP**step
        turns = per_s * STEP_SECONDS
        taken = asker.ask_at(
            per_s,
            lambda turn, turns=turns: turn >= turns,  # type: ignore[misc]
            may_be_late=True,
        )
        if p99_ms(taken) > MOST_BESIDE_SYNC_MS or _fresh_share(taken) < LEAST_FRESH:
            break
        held = per_s
    return held


def _check_noted(asker: Asker, place: Place) -> None:
    """Raise NotMeasuredError unless each ticket whose lookup found nobody is kept, or soon is."""
    wanted = len(range(0, asker.asked, NOBODY_EACH))
    engine = open_engine(place.url)
    deadline = time.monotonic() + NOTED_WITHIN_S
    try:
        while (noted := _count_noted(engine)) < wanted:
            if time.monotonic() > deadline:
                raise NotMeasuredError(f"of {wanted} tickets of nobody {noted} are kept")
            time.sleep(0.5)
    finally:
        engine.dispose()


def _count_noted(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(lookups_not_found)) or 0)


def _of(taken: list[Taken], *, fresh: bool) -> list[Taken]:
    return [one for one in taken if one.wanted.is_fresh == fresh]


def _fresh_share(taken: list[Taken]) -> float:
    fresh = _of(taken, fresh=True)
    return sum(not one.is_late for one in fresh) / len(fresh)


@contextmanager
def _platform() -> Iterator[Sandbox]:
    with running_sandbox(members=FRESH_MEMBERS, customers=1, speed=SPEED) as sandbox:
        yield sandbox


def _fill(url: str, rows: int, sandbox: Sandbox) -> Place:
    engine = open_engine(url)
    fill(engine, STORE, rows)
    on_platform = [
        one
        for one in sandbox.control("rivo", "GET", "members")["data"]
        if one["email"] and one["loyalty_status"] == "member"
    ]
    old = [
        Member(
            member_id=str(one["id"]),
            email=one["email"],
            status=MemberStatus.MEMBER,
            card={"points_balance": OLD_BALANCE},
        )
        for one in on_platform
    ]
    now, who = utc_now(), "bench"
    with engine.begin() as connection:
        stage_members(connection, FRESH.name, old, people.START, first_load=True)
        tokens = {
            name: make_token(connection, name, now, label=who, made_by=who, opens=Opens.LOOKUP)
            for name in SETTINGS
        }
    engine.dispose()
    return Place(url, rows, tokens, on_platform)


@contextmanager
def _serving(place: Place, sandbox: Sandbox) -> Iterator[Asker]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stores = folder / "stores.yaml"
        stores.write_text(yaml.safe_dump({"stores": SETTINGS}), encoding="utf-8")
        rivo = {"conn_type": "rivo", "host": sandbox.rivo_url, "password": sandbox.rivo["api_key"]}
        environment = {
            "AIRFLOW_HOME": str(folder / "airflow"),
            "LOYALTY_DESK_STAGING_URL": place.url,
            "LOYALTY_DESK_STORES_FILE": str(stores),
            "LOYALTY_DESK_SPEED": str(SPEED),
            f"AIRFLOW_CONN_RIVO_{FRESH.name.upper()}": json.dumps(rivo),
        }
        with running_api(environment, folder / "serve.log") as api:
            yield Asker(api.url, place.wanted)


@contextmanager
def _full_sync(place: Place) -> Iterator[Callable[[int], bool]]:
    """A full sync of everybody beside the block; the function says that it has ended."""
    sync: BaseProcess = get_context("spawn").Process(
        target=_sync, args=(place.url, place.rows), daemon=True
    )
    sync.start()
    yield lambda turn: turn > 0 and not sync.is_alive()
    sync.join()
    if sync.exitcode:
        raise NotMeasuredError("the sync beside the lookups failed")


def _sync(url: str, rows: int) -> None:
    """What a full sync does to staging, a page a transaction, as fast as it can."""
    engine: Engine = open_engine(url)
    later = people.START.replace(year=people.START.year + 1)
    store = STORE.name
    for members in people.member_batches(rows):
        with engine.begin() as connection:
            stage_members(connection, store, members, later, first_load=False)
    for customers in people.customer_batches(rows):
        with engine.begin() as connection:
            stage_customers(
                connection, store, customers, later, card_key="loyalty", first_load=False
            )
    with engine.begin() as connection:
        match_customers(connection, STORE, later, full=True)
    with engine.begin() as connection:
        plan_changes(connection, STORE, "beside", later, full=True)
