"""`make cluster`: what docker-compose.yaml starts, natively on this machine, until Ctrl-C.

PostgreSQL, Redis, Airflow with Celery workers, and a sandbox for each of several stores.
What they write stays in `var/cluster`, so the next start goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from typing import Any

from cluster.services import (
    Cluster,
    ClusterPlace,
    start_cluster,
    wait_until,
    write_stores,
)
from cluster.supervisor import Supervisor
from scripts.console import Console
from scripts.processes import ProgramError, Programs, StopRequestedError, guard
from scripts.services import ADMIN, LOOPBACK, VAR_DIR, SandboxSize, find_free_port, hold_alone

USUAL_PORT = 8080
DAGS_LIMIT_S = 120.0
TASKS_A_WORKER = 4


def main() -> int:
    parser = argparse.ArgumentParser(prog="make cluster", description=__doc__)
    parser.add_argument("--stores", type=int, default=3, help="each with an account of its own")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--members", type=int, default=1_000)
    parser.add_argument("--customers", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time")
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help="of Airflow; a free one when this is taken"
    )
    options = parser.parse_args()
    guard()
    console = Console()
    try:
        with hold_alone(VAR_DIR / "cluster.lock", "`make cluster` is running here already"):
            stay_up(options, console)
    except StopRequestedError:
        console.say("stopped")
        return 0
    except ProgramError as error:
        console.fail(str(error))
        return 1
    return 0


def stores_of(names: list[str], places: int, **settings: Any) -> dict[str, Any]:
    """A stores file with these stores on Rivo, and queues for so many places in the workers."""
    store = {"platform": "rivo", "schedule": "*/30 * * * *", "budget": {"share": 0.95}, **settings}
    queues = {
        "awards": {"queue": "awards", "pool": "loyalty_awards", "slots": 4},
        "syncs": {"queue": "syncs", "pool": "loyalty_syncs", "slots": places},
    }
    return {"queues": queues, "stores": dict.fromkeys(names, store)}


def stay_up(options: argparse.Namespace, console: Console) -> None:
    """Start everything, say where it is, and wait; ends by StopRequestedError or ProgramError."""
    directory = VAR_DIR / "cluster"
    names = [f"shop_{number}" for number in range(1, options.stores + 1)]
    content = stores_of(names, options.workers * TASKS_A_WORKER)
    place = ClusterPlace(
        directory=directory,
        airflow_port=find_free_port(options.port),
        stores_file=write_stores(directory / "stores.yaml", content),
        platforms=dict.fromkeys(names, "rivo"),
        workers=options.workers,
        variables={"WORKER_CONCURRENCY": str(TASKS_A_WORKER)},
        speed=options.speed,
    )
    size = SandboxSize(
        members=options.members, customers=options.customers, seed=options.seed, speed=options.speed
    )
    with Supervisor(place.log_dir) as supervisor, Programs(place.log_dir) as programs:
        try:
            cluster = start_cluster(programs, supervisor, place, size, console.say)
            start_first_syncs(cluster)
            console.say(describe(cluster))
            while True:
                programs.check()
                supervisor.check()
                time.sleep(0.5)
        except StopRequestedError:
            console.say("stopping")
            raise


def start_first_syncs(cluster: Cluster) -> None:
    """Start a sync of each store as soon as Airflow knows its DAG."""
    for store in cluster.place.platforms:
        dag_id = f"loyalty_sync__{store}"
        found = partial(cluster.api.find_dag, dag_id)
        wait_until(cluster.supervisor, found, f"finding the DAG {dag_id}", DAGS_LIMIT_S)
        cluster.api.trigger(dag_id)


def describe(cluster: Cluster) -> str:
    """Where everything is, for whoever started it."""
    place = cluster.place
    accounts = "".join(
        f"  {store:<9} Gorgias {line['gorgias']['url']}\n"
        for store, line in cluster.sandboxes.items()
    )
    services = ", ".join(cluster.supervisor.names)
    return (
        f"the cluster is up; Ctrl-C stops it\n\n"
        f"  Airflow   {place.airflow_url}\n"
        f"  the API   http://{LOOPBACK}:{place.api_port}/loyalty/api/v1/\n"
        f"  the desk  {place.airflow_url}/plugin/loyalty-desk\n"
        f"  login     {ADMIN}\n"
        f"  password  {cluster.password}\n"
        f"{accounts}"
        f"  services  {services}\n"
        f"  logs      {place.log_dir}\n"
        f"  a service that you kill comes back: pkill -9 -f celery\n"
    )


if __name__ == "__main__":
    sys.exit(main())
