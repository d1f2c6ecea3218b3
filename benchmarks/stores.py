"""Many stores at once: 50 stores of 2,000 members each, on all platforms, in one Airflow.

Every store has a Gorgias account and a programme of its own in the sandbox. All syncs are started
together, by the services that `make up` runs (LocalExecutor, SQLite, everything on the loopback
address, which `airflow standalone` would not keep to). Then each customer of each store is held
against what should stand there, worked out by tests/oracle.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import psutil
import yaml

from loyalty_desk.settings.project import PROJECT_ROOT
from sandbox.running import Sandbox
from scripts import preload
from scripts.processes import Programs
from scripts.services import (
    VAR_DIR,
    Place,
    SandboxSize,
    Services,
    find_free_port,
    start_services,
    wait_for_dag,
)
from tests.flow.lists import all_tickets, answers_of
from tests.oracle.cards import shown_cards
from tests.oracle.oracle import expected_cards

STORES, MEMBERS, CUSTOMERS = 50, 2_000, 600
SPEED = 40.0
PLATFORMS = ("rivo", "trifft", "smile", "loyaltylion")
RUN_LIMIT_S = 3_600.0
PARSE_GOAL_S = 2.0
UNFINISHED = {"queued", "running"}
PARSE = """
import sys, time
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
import loyalty_desk.settings
for path in sorted(Path(sys.argv[1]).glob("*.py")):
    started = time.perf_counter()
    bag = DagBag(dag_folder=str(path))
    assert not bag.import_errors, bag.import_errors
    print("parsed", path.name, len(bag.dags), time.perf_counter() - started)
"""


def figures(only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield how long a DAG file takes, and what a sync of all stores at once takes."""
    names = set(only) & {"stores_parse_s", "stores_sync_s"}
    if not names or "stores_parse_s" in names:
        yield parse_figure()
    if not names or "stores_sync_s" in names:
        yield from sync_figures()


def parse_figure() -> dict[str, Any]:
    """The slowest DAG file with all stores in it."""
    with tempfile.TemporaryDirectory() as folder:
        stores_file = write_stores(Path(folder), platforms())
        done = subprocess.run(
            [sys.executable, "-c", PARSE, str(PROJECT_ROOT / "dags")],
            env={
                "PATH": "/usr/bin:/bin",
                "AIRFLOW_HOME": folder,
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
                "LOYALTY_DESK_STORES_FILE": str(stores_file),
                "PYTHONPATH": f"{PROJECT_ROOT / 'plugins'}",
            },
            capture_output=True,
            text=True,
            check=True,
        )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("parsed ")]
    seconds, name = max((float(taken), file) for _, file, _, taken in lines)
    return {
        "name": "stores_parse_s",
        "value": round(seconds, 3),
        "goal": PARSE_GOAL_S,
        "ok": seconds < PARSE_GOAL_S,
        "stores": STORES,
        "file": name,
    }


def sync_figures() -> Iterator[dict[str, Any]]:
    """Sync all stores at once and hold every card against what should stand there."""
    directory = VAR_DIR / "bench-stores"
    if directory.exists():  # a leftover that cannot go would be measured too
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    place = Place(
        directory=directory,
        airflow_port=find_free_port(),
        password=secrets.token_urlsafe(12),
        runs_on_schedule=False,
        preloads=preload.LIBRARIES + preload.OWN_MODULES,
        stores_file=write_stores(directory, platforms()),
        platforms=platforms(),
    )
    size = SandboxSize(members=MEMBERS, customers=CUSTOMERS, speed=SPEED)
    with Programs(place.log_dir) as programs:
        services = start_services(programs, place, size, lambda _: None)
        for store in place.platforms:
            wait_for_dag(programs, services.api, f"loyalty_sync__{store}")
        with Memory() as memory:
            started_s = time.monotonic()
            failed = sync_all(programs, services)
            wall_s = time.monotonic() - started_s
        wrong = [store for store in place.platforms if not is_right(services, store)]
    common = {"stores": STORES, "members": MEMBERS, "customers": CUSTOMERS, "speed": SPEED}
    right = STORES - len(set(wrong) | set(failed))
    yield {"name": "stores_sync_s", "value": round(wall_s, 1), "ok": True, **common}
    yield {"name": "stores_memory_mb", "value": round(memory.peak_mb), "ok": True, **common}
    yield {"name": "stores_right", "value": right, "goal": STORES, "ok": right == STORES, **common}


def platforms() -> dict[str, str]:
    """Each store with its platform, all of them in turn."""
    return {f"store_{n:02d}": PLATFORMS[n % len(PLATFORMS)] for n in range(STORES)}


def write_stores(folder: Path, stores: dict[str, str]) -> Path:
    entries = {
        store: {"platform": platform, "schedule": None, "budget": {"share": 1.0}}
        for store, platform in stores.items()
    }
    path = folder / "stores.yaml"
    path.write_text(yaml.safe_dump({"stores": entries}), encoding="utf-8")
    return path


def sync_all(programs: Programs, services: Services) -> list[str]:
    """Start every store's sync and wait for all; returns the stores whose run failed."""
    dags = {store: f"loyalty_sync__{store}" for store in services.sandboxes}
    under_way = {store: services.api.trigger(dag) for store, dag in dags.items()}
    failed, ends_at = [], time.monotonic() + RUN_LIMIT_S
    while under_way and time.monotonic() < ends_at:
        programs.check()
        time.sleep(5)
        for store, run_id in list(under_way.items()):
            state = services.api.get_run(dags[store], run_id)["state"]
            if state not in UNFINISHED:
                del under_way[store]
                if state != "success":
                    failed.append(store)
    return [*failed, *under_way]


def is_right(services: Services, store: str) -> bool:
    """Whether every customer of a store holds the card that should be there, and no other."""
    sandbox = Sandbox(services.sandboxes[store], process_id=0)
    customers = sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]
    platform = services.place.platforms[store]
    answers, tickets = answers_of(sandbox, platform), all_tickets(sandbox)
    wanted = expected_cards(answers, customers, tickets, platform=platform)
    return shown_cards(customers) == wanted


class Memory:
    """The most memory that Airflow and its tasks held together, looked at every two seconds.

    Shared pages are counted once; the sandboxes are left out.
    """

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(2):
            self.peak_mb = max(self.peak_mb, sum(map(_held_mb, psutil.Process().children(True))))


def _held_mb(process: psutil.Process) -> float:
    try:
        if "sandbox" in process.cmdline():
            return 0.0
        return float(process.memory_full_info().pss) / 2**20
    except psutil.Error:
        return 0.0
