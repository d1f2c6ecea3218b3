"""Holds the model of benchmarks/simulate.py against the real system: one shop, and three at once.

Cards change at random times while syncs follow one another, on a real cluster with two workers.
For each change the time until it is written is taken from staging, and the model plays the same
shops with the costs of a task that were measured in the same runs, but for nothing that tells how
old a card gets.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import numpy as np
import psutil

from benchmarks.simulate import COSTS, AccountClass, Costs, Shop, simulate
from scripts.services import SandboxSize
from tests.cluster.shops import Shops, running_shops

SPEED = 10.0
SIZE = SandboxSize(members=500, customers=440, seed=5, speed=SPEED)
INTERVAL_S = 900.0
"""Between two syncs, in seconds of the accounts."""
SYNCS = 3
SHOPS = 3
"""As many as two cores sync beside each other without being what everything waits for."""
CHANGES_A_TICK, TICK_S = 3, 30.0
CARDS = 100
"""Cards of each shop that change to measure what one costs."""
GOAL = 0.25
"""How far the model may be off, at p50 and at p95."""
ACCOUNT = AccountClass("API key", 40, 20.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the real system did with some shops: the age of each change when it was written."""

    ages_s: list[float]
    task_s: float
    gap_s: float


def figures(_only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield what things cost, and how far the model is off for one shop and for three."""
    with running_shops("sizing", SHOPS, SIZE) as shops:
        shops.wait_for_syncs({store: shops.start_sync(store) for store in shops.names})
        yield measure_costs(shops)
        for number in (1, SHOPS):
            measured = measure(shops, shops.names[:number])
            yield compare(measured, number)


def measure_costs(shops: Shops) -> dict[str, Any]:
    """What a task and a card cost, everything on this machine included: for COSTS of the model."""
    time.sleep(20)
    idle = _used(shops, lambda: time.sleep(20))
    idle_cpu = idle.cpu_s / idle.seconds

    def sync_all() -> None:
        shops.wait_for_syncs({store: shops.start_sync(store) for store in shops.names})

    unchanged = _used(shops, sync_all)
    for store in shops.names:
        shops.tick(store, CARDS, seed=99)
    changed = _used(shops, sync_all)
    tasks, cards = len(shops.names) * COSTS.tasks, len(shops.names) * CARDS
    unchanged_cpu = unchanged.cpu_s - idle_cpu * unchanged.seconds
    changed_cpu = changed.cpu_s - idle_cpu * changed.seconds
    return {
        "name": "sizing_costs",
        "value": round(unchanged_cpu / tasks, 2),
        "unit": "cores x seconds a task",
        "ok": True,
        "card_cpu_s": round((changed_cpu - unchanged_cpu) / cards, 4),
        "rows_a_card": round((changed.rows - unchanged.rows) / cards, 1),
        "tasks_per_s": round(tasks / unchanged.seconds, 2),
        "idle_cores": round(idle_cpu, 2),
    }


@dataclass(frozen=True, slots=True)
class _Used:
    """What the whole machine did in a while: of its cores, and rows written in staging."""

    seconds: float
    cpu_s: float
    rows: int


def _used(shops: Shops, work: Callable[[], None]) -> _Used:
    begin_s, cpu_s, rows = time.monotonic(), _busy_s(), _rows_written(shops)
    work()
    seconds, cpu_s = time.monotonic() - begin_s, _busy_s() - cpu_s
    time.sleep(2)  # PostgreSQL tells its counts with a delay
    return _Used(seconds, cpu_s, _rows_written(shops) - rows)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system)


def _rows_written(shops: Shops) -> int:
    query = "SELECT SUM(n_tup_ins + n_tup_upd + n_tup_del) AS n FROM pg_stat_user_tables"
    return int(shops.rows(query)[0]["n"])


def compare(measured: Measured, number: int) -> dict[str, Any]:
    """The model's p50 and p95 beside the measured ones."""
    changed_a_day = CHANGES_A_TICK / TICK_S * 86_400
    customers = 300  # those whose members can change here
    shop = Shop(customers, changed_a_day / customers, ACCOUNT, 1.0, INTERVAL_S)
    costs: Costs = replace(COSTS, task_s=measured.task_s, task_gap_s=measured.gap_s, member_us=0.0)
    ages = simulate(shop, costs, days=1.0).ages_s
    found = {name: float(np.percentile(measured.ages_s, p)) for name, p in _PERCENTILES}
    model = {name: float(np.percentile(ages, p)) for name, p in _PERCENTILES}
    off = max(abs(model[name] / found[name] - 1) for name, _ in _PERCENTILES)
    return {
        "name": "sizing_error_share",
        "value": round(off, 3),
        "goal": GOAL,
        "ok": off <= GOAL,
        "stores": number,
        "changes": len(measured.ages_s),
        **{f"measured_{name}_s": round(value) for name, value in found.items()},
        **{f"model_{name}_s": round(value) for name, value in model.items()},
        "task_s": round(measured.task_s, 1),
        "task_gap_s": round(measured.gap_s, 1),
    }


_PERCENTILES = (("p50", 50), ("p95", 95))


def measure(shops: Shops, stores: Sequence[str]) -> Measured:
    """Change cards and sync for a while; all in seconds of the accounts."""
    chance = Random(len(stores))
    changed: list[tuple[str, int, float]] = []
    runs: dict[str, list[str]] = {store: [] for store in stores}
    begin_s = time.time()
    next_sync_s = begin_s
    end_s = begin_s + SYNCS * INTERVAL_S / SPEED
    while time.time() < end_s:
        if time.time() >= next_sync_s:
            for store in stores:
                runs[store].append(shops.start_sync(store))
            next_sync_s += INTERVAL_S / SPEED
        for store in stores:
            body = {
                "members": CHANGES_A_TICK,
                "seed": chance.randrange(10**9),
                "paired": True,
            }
            done = shops.sandboxes[store].control("rivo", "POST", "tick", body)
            changed += [(store, customer, time.time()) for customer in done["customer_ids"]]
        time.sleep(TICK_S / SPEED * chance.uniform(0.8, 1.2))
    shops.wait_for_syncs({store: runs[store][-1] for store in stores})
    ages = [age for one in changed if (age := _age_s(shops, *one)) is not None]
    task_s, gap_s = _task_times(shops, stores, runs)
    return Measured(ages, task_s * SPEED, gap_s * SPEED)


def _age_s(shops: Shops, store: str, customer_id: int, changed_at_s: float) -> float | None:
    """Until the first run that began to read after the change had written it; None: none has."""
    query = (
        "SELECT MIN(c.changed_at_utc) AS written FROM changes AS c JOIN runs AS r"
        " ON r.store = c.store AND r.run_id = c.run_id"
        " WHERE c.store = :store AND c.customer_id = :customer_id AND c.state = 'done'"
        " AND c.changed_at_utc > :changed AND r.started_at_utc > :started"
    )
    changed = datetime.fromtimestamp(changed_at_s, UTC)
    text = changed.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    row = shops.rows(query, store=store, customer_id=customer_id, changed=text, started=text)[0]
    if row["written"] is None:
        return None
    written = datetime.fromisoformat(row["written"])
    return (written - changed).total_seconds() * SPEED


def _task_times(
    shops: Shops, stores: Sequence[str], runs: dict[str, list[str]]
) -> tuple[float, float]:
    """The median time of a task that waits for nothing, and the gap between two; real seconds."""
    lasted, gaps = [], []
    for store in stores:
        for run_id in runs[store]:
            tasks = shops.cluster.api.get_tasks(f"loyalty_sync__{store}", run_id)
            lasted += [task.seconds for task in tasks if task.name != "push"]
            run = shops.cluster.api.get_run(f"loyalty_sync__{store}", run_id)
            whole = _seconds_between(run["start_date"], run["end_date"])
            # Three extracts run beside each other, so two of them take no time of the run.
            busy = sum(task.seconds for task in tasks)
            busy -= sum(sorted(t.seconds for t in tasks if t.name.startswith("extract"))[:2])
            gaps.append(max(0.0, whole - busy) / (len(tasks) - 2))
    return statistics.median(lasted), statistics.median(gaps)


def _seconds_between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
