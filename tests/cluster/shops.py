"""Shops on a running cluster: what agents and members do there, and what must be right after it."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests
from sqlalchemy import RowMapping, text
from sqlalchemy.exc import DBAPIError

from cluster.__main__ import stores_of
from cluster.services import Cluster, ClusterPlace, start_cluster, wait_until, write_stores
from cluster.supervisor import Supervisor
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.staging.engine import open_engine, reading
from sandbox.running import Sandbox
from scripts.processes import Programs
from scripts.secret_files import read_or_make_secrets, write_private_json
from scripts.services import VAR_DIR, SandboxSize, find_free_port
from tests.flow.lists import all_tickets, answers_of
from tests.oracle.cards import shown_cards
from tests.oracle.oracle import expected_cards

Found = TypeVar("Found")
PATIENCE_S = 90.0
DAGS_LIMIT_S = 180.0
REQUEST_LIMIT_S = 20.0
ENDED_RUNS = {"success", "failed"}
ENDED_AWARDS = {"applied", "refused", "rejected", "unknown"}
# A lost worker is noticed within seconds here, where production waits minutes: docs/cluster.md.
HASTY = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
}
HASTY_VARIABLES = {"TASK_HEARTBEAT_TIMEOUT": "12", "TASK_QUEUED_TIMEOUT": "30"}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an account's Gorgias has answered so far."""

    accepted: int
    refused: int


class Shops:
    """Every shop has an account, a programme and a sandbox of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.engine = open_engine(cluster.staging_url)
        # Whoever started the cluster ends the sandboxes, so nobody needs their processes.
        self.sandboxes = {
            store: Sandbox(line, process_id=0) for store, line in cluster.sandboxes.items()
        }
        self._tokens: dict[str, str] = {}
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def names(self) -> list[str]:
        return list(self.sandboxes)

    @property
    def supervisor(self) -> Supervisor:
        return self.cluster.supervisor

    def wait(self, ready: Callable[[], Any], what: str, limit_s: float) -> None:
        """Wait until something is so, whatever is down meanwhile."""

        def asks() -> Any:
            try:
                return ready()
            except (requests.RequestException, DBAPIError):
                return False

        wait_until(self.supervisor, asks, what, limit_s)

    def insist(self, call: Callable[[], Found]) -> Found:
        """Make a call, again and again while what it needs is down."""
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                return call()
            except (requests.RequestException, DBAPIError):
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.5)  # what is down is asked again

    def tick(self, store: str, members: int, seed: int) -> None:
        """Make members change so that it shows on as many cards."""
        body = {"members": members, "seed": seed, "paired": True}
        self.sandboxes[store].control("rivo", "POST", "tick", body)

    def start_sync(self, store: str) -> str:
        return self.insist(lambda: self.cluster.api.trigger(f"loyalty_sync__{store}"))

    def run_states(self, dag: str, store: str) -> dict[str, str]:
        """The states of the newest runs of a DAG by their ids."""
        runs = self.cluster.api.list_runs(f"{dag}__{store}")
        return {str(run["dag_run_id"]): str(run["state"]) for run in runs}

    def wait_for_syncs(self, runs: Mapping[str, str], limit_s: float = 300.0) -> dict[str, str]:
        """Wait for one run of each of some shops; returns their states."""

        def states() -> dict[str, str]:
            return {
                store: self.run_states("loyalty_sync", store)[run_id]
                for store, run_id in runs.items()
            }

        self.wait(lambda: set(states().values()) <= ENDED_RUNS, "the end of the syncs", limit_s)
        return self.insist(states)

    def award(self, store: str, member_id: str, amount: int, key: str) -> str:
        """Ask for an award as a patient agent does, with the same key each time."""
        body = {
            "member_id": member_id,
            "amount": amount,
            "unit": "points",
            "reason": "gesture",
            "agent": "ada@shop.example",
            "idempotency_key": key,
        }

        def ask() -> str:
            answer = self._session.post(
                f"{self.cluster.place.airflow_url}/loyalty/api/v1/awards",
                json=body,
                headers={"Authorization": f"Bearer {self._token(store)}"},
                timeout=REQUEST_LIMIT_S,
            )
            answer.raise_for_status()
            return str(answer.json()["id"])

        return self.insist(ask)

    def members(self, store: str, most: int) -> list[str]:
        """Members who are there and shown on a card."""
        query = (
            "SELECT DISTINCT m.member_id FROM matches AS mt JOIN members AS m"
            " ON m.store = mt.store AND m.member_id = mt.member_id"
            " WHERE mt.store = :store AND m.status = 'member' ORDER BY m.member_id LIMIT :most"
        )
        return [str(row["member_id"]) for row in self.rows(query, store=store, most=most)]

    def award_states(self, award_ids: list[str]) -> dict[str, str]:
        found = self.rows("SELECT award_id, state FROM awards")
        return {row["award_id"]: row["state"] for row in found if row["award_id"] in award_ids}

    def times_booked(self, store: str, award_id: str) -> int:
        """How often the platform's ledger holds an award."""
        entries = self.sandboxes[store].control("rivo", "GET", "ledger")["data"]
        return sum(f"[ld:{award_id}]" in (entry["internal_note"] or "") for entry in entries)

    def wrong_cards(self, store: str) -> list[int]:
        """The customers whose card is not what it should be."""
        sandbox = self.sandboxes[store]
        customers = sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]
        wanted = expected_cards(answers_of(sandbox, "rivo"), customers, all_tickets(sandbox))
        shown = shown_cards(customers)
        return [one for one in wanted.keys() | shown.keys() if wanted.get(one) != shown.get(one)]

    def traffic(self, store: str) -> Traffic:
        counters = self.sandboxes[store].control("gorgias", "GET", "counters")
        refused = int(counters["refused_429"])
        return Traffic(int(counters["total"]) - refused, refused)

    def changes(self, store: str, run_id: str) -> Mapping[str, int]:
        """How many changes of a run's plan are in each state."""
        query = (
            "SELECT state, COUNT(*) AS n FROM changes"
            " WHERE store = :store AND run_id = :run_id GROUP BY state"
        )
        return {row["state"]: row["n"] for row in self.rows(query, store=store, run_id=run_id)}

    def rows(self, query: str, **binds: Any) -> list[RowMapping]:
        with reading(self.engine) as connection:
            return list(connection.execute(text(query), binds).mappings().all())

    def find_worker(self, dag: str, store: str, task: str) -> str | None:
        """The service that runs a task just now."""
        running = [
            run["dag_run_id"]
            for run in self.cluster.api.list_runs(f"{dag}__{store}")
            if run["state"] == "running"
        ]
        for run_id in running:
            for found in self.cluster.api.get_tasks(f"{dag}__{store}", run_id):
                if found.name == task and found.state == "running" and found.pid:
                    return self._service_of(found.pid)
        return None

    def _service_of(self, pid: int) -> str | None:
        for name in self.supervisor.names:
            with contextlib.suppress(psutil.NoSuchProcess):
                if pid in {process.pid for process in self.supervisor.processes(name)}:
                    return name
        return None

    def _token(self, store: str) -> str:
        if store not in self._tokens:
            with self.engine.begin() as connection:
                token = make_token(
                    connection, store, utc_now(), label="shops", made_by="ops@shop.example"
                )
            self._tokens[store] = token
        return self._tokens[store]


@contextlib.contextmanager
def running_shops(
    name: str,
    number: int,
    size: SandboxSize,
    *,
    workers: int = 2,
    concurrency: int = 4,
    settings: Mapping[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Shops]:
    """Start a cluster with `number` shops and wait until Airflow knows their DAGs.

    `settings` are keys of every store, `variables` those of `.env`. Files and logs stay in `var/`
    until the next of that `name`.
    """
    directory = VAR_DIR / f"cluster-{name}"
    shutil.rmtree(directory, ignore_errors=True)
    _let_the_password_begin_with_a_dash(directory / "secrets.json")
    names = [f"shop_{n}" for n in range(1, number + 1)]
    store = {
        "schedule": None,
        "budget": {"share": 1.0},
        "brake": {"max_change_share": 1.0},
        **(settings or {}),
    }
    content = stores_of(names, workers * concurrency, **store)
    place = ClusterPlace(
        directory=directory,
        airflow_port=find_free_port(),
        stores_file=write_stores(directory / "stores.yaml", content),
        platforms=dict.fromkeys(names, "rivo"),
        workers=workers,
        variables={
            **HASTY_VARIABLES,
            "WORKER_CONCURRENCY": str(concurrency),
            **(variables or {}),
        },
        settings=HASTY,
        speed=size.speed,
    )
    with Supervisor(place.log_dir) as supervisor, Programs(place.log_dir) as programs:
        shops = Shops(start_cluster(programs, supervisor, place, size, lambda _: None))
        try:
            for store_name in names:
                for dag in ("loyalty_sync", "award_points"):
                    dag_id = f"{dag}__{store_name}"
                    shops.wait(
                        lambda dag_id=dag_id: shops.cluster.api.find_dag(dag_id),
                        f"finding {dag_id}",
                        DAGS_LIMIT_S,
                    )
            yield shops
        finally:
            shops.engine.dispose()


def _let_the_password_begin_with_a_dash(secrets: Path) -> None:
    """So that no program on the way takes it for an option."""
    made = read_or_make_secrets(secrets)
    write_private_json(secrets, made | {"admin_password": f"-{made['admin_password']}"})


@contextlib.contextmanager
def synced_shops(name: str, number: int, size: SandboxSize, **options: Any) -> Iterator[Shops]:
    """The same after a first sync of each shop, and with awards that are looked for each minute."""
    awards = {"awards": {"schedule": "* * * * *"}}
    with running_shops(name, number, size, settings=awards, **options) as found:
        states = found.wait_for_syncs({store: found.start_sync(store) for store in found.names})
        assert set(states.values()) == {"success"}
        yield found
