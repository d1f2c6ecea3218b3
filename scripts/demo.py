"""`make demo`: the whole sync, twice, through real Airflow against the local sandbox.

Starts from nothing each time, ends with the numbers of both runs, and leaves no process behind.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import requests

from scripts import preload
from scripts.airflow_api import TaskState
from scripts.console import Console
from scripts.processes import ProgramError, Programs, StopRequestedError, guard
from scripts.run_view import (
    broken_promises,
    describe_card,
    describe_runs,
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

DAG_ID = f"loyalty_sync__{STORE}"
RUN_LIMIT_S = 150.0
UNFINISHED = {"queued", "running"}


class RunFailedError(Exception):
    """A run of the DAG did not succeed. The message names the task and its log."""


def parse_arguments() -> SandboxSize:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--members", type=int, default=2_000)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=40.0, help="how much faster than real time")
    return SandboxSize(**vars(parser.parse_args()))


def main() -> int:
    size = parse_arguments()
    guard()
    console = Console()
    try:
        with hold_alone(VAR_DIR / "demo.lock", "another demo is running here"):
            run_demo(size, console)
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


def run_demo(size: SandboxSize, console: Console) -> None:
    directory = VAR_DIR / "demo"
    shutil.rmtree(directory, ignore_errors=True)
    place = Place(
        directory=directory,
        airflow_port=find_free_port(),
        password=secrets.token_urlsafe(12),
        runs_on_schedule=False,
        preloads=preload.LIBRARIES + preload.OWN_MODULES,
    )
    with Programs(place.log_dir) as programs:
        services = start_services(programs, place, size, console.say)
        wait_for_dag(programs, services.api, DAG_ID)
        run_ids = []
        for what in ("first run: everything is new", "second run: nothing has changed"):
            console.say(what)
            run_ids.append(run_once(programs, services, console))
        card = read_card(services, run_ids[0])
        console.say("stopping")
    records = load_records(place.staging_path, STORE, run_ids)
    report = directory / "reports" / STORE / "latest.html"
    console.say(
        f"the numbers of both runs\n\n{describe_runs(records)}\n\n"
        f"One card, as an agent sees it\n\n{describe_card(card)}\n\n"
        f"Report  {report}\n"
    )
    complaints = broken_promises(*records)
    if complaints:
        raise RunFailedError(f"the demo did not show what it promises: {'; '.join(complaints)}")


def read_card(services: Services, run_id: str) -> dict[str, Any]:
    """Ask the sandbox's Gorgias for one of the cards that the run pushed."""
    gorgias = services.sandbox["gorgias"]
    customer_id = find_pushed_customer(services.place.staging_path, STORE, run_id)
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


def run_once(programs: Programs, services: Services, console: Console) -> str:
    """Start one run, show how it goes on and return its id; raises RunFailedError."""
    run_id = services.api.trigger(DAG_ID)
    told: set[str] = set()
    ends_at = time.monotonic() + RUN_LIMIT_S
    state = "queued"
    while state in UNFINISHED:
        programs.check()
        if time.monotonic() > ends_at:
            raise RunFailedError(
                f"the run took more than {RUN_LIMIT_S:.0f} s; its tasks' logs are in "
                f"{run_log_dir(services, run_id)}"
            )
        time.sleep(0.3)
        state = services.api.get_run(DAG_ID, run_id)["state"]
        tasks = services.api.get_tasks(DAG_ID, run_id)
        show_tasks(tasks, told, services, run_id, console)
    if state != "success":
        raise RunFailedError(explain_failure(services, run_id))
    return run_id


def show_tasks(
    tasks: list[TaskState], told: set[str], services: Services, run_id: str, console: Console
) -> None:
    """Say each finished task once, and update the line about the one that runs."""
    for task in tasks:
        if task.state in ("success", "skipped", "failed", "upstream_failed"):
            if task.name not in told:
                told.add(task.name)
                console.say(f"  {task.name}: {task.state} ({task.seconds:.1f} s)")
        elif task.state == "running":
            progress = find_push_progress(services.place.staging_path, STORE, run_id)
            share = f", {progress.done:,} of {progress.planned:,} changes" if progress else ""
            console.update(f"  {task.name}: running{share}")


def explain_failure(services: Services, run_id: str) -> str:
    """Say which task failed, why as far as the run knows, and where its log is."""
    failed = [task for task in services.api.get_tasks(DAG_ID, run_id) if task.state == "failed"]
    why = find_failure(services.place.staging_path, STORE, run_id)
    logs = run_log_dir(services, run_id)
    if not failed:
        return f"the run failed{f': {why}' if why else ''}; its tasks' logs are in {logs}"
    log = logs / f"task_id={failed[0].name}" / f"attempt={failed[0].attempt}.log"
    return f"the task {failed[0].name} failed{f': {why}' if why else ''}; its log is {log}"


def run_log_dir(services: Services, run_id: str) -> Path:
    logs = services.place.directory / "airflow" / "logs"
    return logs / f"dag_id={DAG_ID}" / f"run_id={run_id}"


if __name__ == "__main__":
    sys.exit(main())
