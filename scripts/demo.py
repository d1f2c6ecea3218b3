"""`make demo`: the whole sync, twice, through real Airflow against the local sandbox.

Starts from nothing each time, ends with the numbers of both runs, and leaves no process behind.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from loyalty_desk.tasks.runs import side_by_side
from scripts import preload
from scripts.airflow_api import TaskState
from scripts.console import Console
from scripts.processes import ProgramError, Programs, StopRequestedError, guard
from scripts.run_view import (
    broken_promises,
    describe_card,
    find_failure,
    find_push_progress,
    find_pushed_customer,
    load_records,
)
from scripts.services import (
    STORE,
    VAR_DIR,
    Place,
    SandboxSize,
    Services,
    find_free_port,
    hold_alone,
    start_services,
    wait_for_dag,
)

PLATFORMS = ("rivo", "trifft", "smile", "loyaltylion")
STORES_HELP = "run so many stores side by side, each on another platform"
ENTRY = {"push_to": ["customer_data"], "budget": {"share": 0.95}}
RUN_LIMIT_S = 150.0
UNFINISHED = {"queued", "running"}


class RunFailedError(Exception):
    """A run of the DAG did not succeed. The message names the task and its log."""


def parse_arguments() -> tuple[SandboxSize, dict[str, str]]:
    """Return the size of each sandbox, and the platform of each store."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--members", type=int, default=2_000)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=40.0, help="how much faster than real time")
    parser.add_argument(
        "--stores", type=int, choices=range(1, len(PLATFORMS) + 1), default=1, help=STORES_HELP
    )
    given = vars(parser.parse_args())
    stores = {f"demo_{name}": name for name in PLATFORMS[: given.pop("stores")]}
    return SandboxSize(**given), stores if len(stores) > 1 else {STORE: "rivo"}


def main() -> int:
    size, platforms = parse_arguments()
    guard()
    console = Console()
    try:
        with hold_alone(VAR_DIR / "demo.lock", "another demo is running here"):
            run_demo(size, platforms, console)
    except StopRequestedError:
        console.fail("stopped; nothing is left running")
        return 130
    except (ProgramError, RunFailedError) as error:
        console.fail(str(error))
        return 1
    except requests.RequestException as error:
        console.fail(f"Airflow did not answer: {error}; the logs are in {VAR_DIR / 'log' / 'demo'}")
        return 1
    return 0


def run_demo(size: SandboxSize, platforms: Mapping[str, str], console: Console) -> None:
    directory = VAR_DIR / "demo"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    stores_file = directory / "stores.yaml"
    entries = {
        store: {**ENTRY, "platform": platform, "schedule": None}
        for store, platform in platforms.items()
    }
    stores_file.write_text(yaml.safe_dump({"stores": entries}), encoding="utf-8")
    place = Place(
        directory=directory,
        airflow_port=find_free_port(),
        password=secrets.token_urlsafe(12),
        runs_on_schedule=False,
        preloads=preload.LIBRARIES + preload.OWN_MODULES,
        stores_file=stores_file,
        platforms=platforms,
    )
    with Programs(place.log_dir) as programs:
        services = start_services(programs, place, size, console.say)
        for store in platforms:
            wait_for_dag(programs, services.api, dag_of(store))
        rounds = []
        for what in ("first run: everything is new", "second run: nothing has changed"):
            console.say(what)
            rounds.append(run_once(programs, services, console))
        cards = {store: read_card(services, store, rounds[0][store]) for store in platforms}
        console.say("stopping")
    complaints = [
        complaint
        for store in platforms
        for complaint in tell(console, place, store, [run[store] for run in rounds], cards[store])
    ]
    if complaints:
        raise RunFailedError(f"the demo did not show what it promises: {'; '.join(complaints)}")


def tell(
    console: Console, place: Place, store: str, run_ids: list[str], card: dict[str, Any]
) -> list[str]:
    """Say what a store's runs came to, and return what the demo promised and did not show."""
    records = load_records(place.staging_path, store, run_ids)
    report = place.directory / "reports" / store / "latest.html"
    head = "" if store == STORE else f" of {store}, on {place.platforms[store]}"
    console.say(
        f"the numbers of both runs{head}\n\n{side_by_side(records)}\n\n"
        f"One card, as an agent sees it\n\n{describe_card(card)}\n\n"
        f"Report  {report}\n"
    )
    return [f"{store}: {complaint}" for complaint in broken_promises(*records)]


def dag_of(store: str) -> str:
    return f"loyalty_sync__{store}"


def read_card(services: Services, store: str, run_id: str) -> dict[str, Any]:
    """Ask the sandbox's Gorgias for one of the cards that the run pushed."""
    gorgias = services.sandboxes[store]["gorgias"]
    customer_id = find_pushed_customer(services.place.staging_path, store, run_id)
    with requests.Session() as session:
        session.trust_env = False  # no proxy between this machine and itself
        answer = session.get(
            f"{gorgias['url']}/api/customers/{customer_id}",
            auth=(gorgias["email"], gorgias["api_key"]),
            timeout=10,
        )
    answer.raise_for_status()
    card: dict[str, Any] = answer.json()["data"]["loyalty"]
    return card


def run_once(programs: Programs, services: Services, console: Console) -> dict[str, str]:
    """Start a run of every store at once, show how they go on, and return their ids by store.

    Raises:
        RunFailedError: one failed, or took too long.
    """
    run_ids = {store: services.api.trigger(dag_of(store)) for store in services.sandboxes}
    told: dict[str, set[str]] = {store: set() for store in run_ids}
    under_way = dict(run_ids)
    limit_s = RUN_LIMIT_S * len(run_ids)
    ends_at = time.monotonic() + limit_s
    while under_way:
        programs.check()
        time.sleep(0.3)
        for store, run_id in list(under_way.items()):
            state = services.api.get_run(dag_of(store), run_id)["state"]
            tasks = services.api.get_tasks(dag_of(store), run_id)
            show_tasks(tasks, told[store], services, store, run_id, console)
            if state in UNFINISHED and time.monotonic() > ends_at:
                raise RunFailedError(
                    f"the run of {store} took more than {limit_s:.0f} s; its tasks' logs are in "
                    f"{run_log_dir(services, store, run_id)}"
                )
            if state not in UNFINISHED:
                del under_way[store]
                if state != "success":
                    raise RunFailedError(explain_failure(services, store, run_id))
    return run_ids


def show_tasks(
    tasks: list[TaskState],
    told: set[str],
    services: Services,
    store: str,
    run_id: str,
    console: Console,
) -> None:
    """Say each finished task once, and update the line about the one that runs."""
    whose = "" if store == STORE else f"{store}: "
    for task in tasks:
        if task.state in ("success", "skipped", "failed", "upstream_failed"):
            if task.name not in told:
                told.add(task.name)
                console.say(f"  {whose}{task.name}: {task.state} ({task.seconds:.1f} s)")
        elif task.state == "running":
            progress = find_push_progress(services.place.staging_path, store, run_id)
            share = f", {progress.done:,} of {progress.planned:,} changes" if progress else ""
            console.update(f"  {whose}{task.name}: running{share}")


def explain_failure(services: Services, store: str, run_id: str) -> str:
    """Say which task failed, why as far as the run knows, and where its log is."""
    tasks = services.api.get_tasks(dag_of(store), run_id)
    failed = [task for task in tasks if task.state == "failed"]
    why = find_failure(services.place.staging_path, store, run_id)
    logs = run_log_dir(services, store, run_id)
    if not failed:
        return f"the run failed{f': {why}' if why else ''}; its tasks' logs are in {logs}"
    log = logs / f"task_id={failed[0].name}" / f"attempt={failed[0].attempt}.log"
    return f"the task {failed[0].name} failed{f': {why}' if why else ''}; its log is {log}"


def run_log_dir(services: Services, store: str, run_id: str) -> Path:
    logs = services.place.directory / "airflow" / "logs"
    return logs / f"dag_id={dag_of(store)}" / f"run_id={run_id}"


if __name__ == "__main__":
    sys.exit(main())
